import { formatIp } from "@sallyport/policy";
import { everyAddress, noAddress } from "./address-set.ts";
import type { AddressSet, AddressSets } from "./address-set.ts";

/** Addresses as people write them: all that is in one of `only` and in none of `but`. */
export interface Cidrs {
  readonly only: readonly string[];
  readonly but: readonly string[];
  /** It would take too many: there are more of them than these. */
  readonly cut: boolean;
}

/** So many networks are listed. */
const most = 16;

/** A set as networks: as a list, or as one network with what is missing from it, whatever is shorter. */
export function cidrsOf(set: AddressSet, addresses: AddressSets): Cidrs {
  if (set === everyAddress) return { only: ["all"], but: [], cut: false };
  const families = [4, 16].map((bytes) => ofFamily(addresses.branch(set, 0, bytes === 16), bytes, addresses));
  return {
    only: families.flatMap(({ only }) => only),
    but: families.flatMap(({ but }) => but),
    cut: families.some(({ cut }) => cut),
  };
}

function ofFamily(set: AddressSet, bytes: number, addresses: AddressSets): Cidrs {
  if (set === noAddress) return { only: [], but: [], cut: false };
  const plain = listed(set, [], bytes, addresses);
  if (plain.length <= 2) return { only: plain, but: [], cut: false };
  const around = aroundAll(set, bytes, addresses);
  const rest = addresses.minus(everyAddress, set);
  const but = listed(rest, around, bytes, addresses);
  const [network] = [textOf(around, bytes)];
  if (but.length < plain.length) return { only: [network], but: but.slice(0, most), cut: but.length > most };
  return { only: plain.slice(0, most), but: [], cut: plain.length > most };
}

/** The leading bits that all addresses of the set have. */
function aroundAll(set: AddressSet, bytes: number, addresses: AddressSets): readonly boolean[] {
  const bits: boolean[] = [];
  let at = set;
  while (at !== everyAddress && bits.length < 8 * bytes) {
    const [zero, one] = [false, true].map((value) => addresses.branch(at, bits.length + 1, value));
    if (zero !== noAddress && one !== noAddress) return bits;
    bits.push(zero === noAddress);
    at = (zero === noAddress ? one : zero) ?? noAddress;
  }
  return bits;
}

/** The networks of a set within one, in order; one more than `most` if there are more. */
function listed(
  set: AddressSet,
  within: readonly boolean[],
  bytes: number,
  addresses: AddressSets,
): readonly string[] {
  const found: string[] = [];
  const bits = [...within];
  const walk = (at: AddressSet): void => {
    if (at === noAddress || found.length > most) return;
    if (at === everyAddress) {
      found.push(textOf(bits, bytes));
      return;
    }
    for (const value of [false, true]) {
      const next = addresses.branch(at, bits.length + 1, value);
      bits.push(value);
      walk(next);
      bits.pop();
    }
  };
  let start = set;
  for (const [at, value] of within.entries()) start = addresses.branch(start, at + 1, value);
  walk(start);
  return found;
}

function textOf(bits: readonly boolean[], bytes: number): string {
  const codes = Array.from({ length: bytes }, () => 0);
  for (const [at, bit] of bits.entries())
    if (bit) codes[at >> 3] = (codes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  return `${formatIp(String.fromCharCode(...codes))}/${bits.length}`;
}
