import type { HbaRule, Ip } from "@sallyport/policy";
import { firstAtLeast } from "./first-at-least.ts";

/** The first 32 bits of a rule's network. They decide, as far as they do. */
export interface Network {
  /** 0: any address. */
  readonly family: 0 | 4 | 6;
  readonly bits: number;
  readonly mask: number;
  /** How many leading bits the mask has; null: it has others, too, or more than these. */
  readonly length: number | null;
}

const anywhere: Network = { family: 0, bits: 0, mask: 0, length: null };

export function networkOf({ address }: HbaRule): Network {
  if (address?.kind !== "network") return anywhere;
  const mask = firstBits(address.mask);
  const bits = (firstBits(address.ip) & mask) >>> 0;
  if (address.ip.length !== 4) return { family: 6, bits, mask, length: null };
  const length = Math.clz32(~mask >>> 0);
  return { family: 4, bits, mask, length: mask === maskOf(length) ? length : null };
}

/** May they have an address in common? */
export function mayMeet(a: Network, b: Network): boolean {
  if (a.family === 0 || b.family === 0) return true;
  return a.family === b.family && ((a.bits ^ b.bits) & a.mask & b.mask) === 0;
}

/** Places of rules, found by their networks. */
export class NetworkLists {
  readonly all: number[] = [];
  /** Without an IPv4 network that has a length; and those of IPv6. */
  readonly #others: number[] = [];
  readonly #ipv6: number[] = [];
  /** By length, then by network. */
  readonly #ipv4 = new Map<number, { readonly lists: Map<number, number[]>; sorted: Uint32Array | null }>();

  /** Places come in ascending order. */
  add({ family, bits, length }: Network, place: number): void {
    this.all.push(place);
    if (family === 6) this.#ipv6.push(place);
    else if (length === null) this.#others.push(place);
    else {
      const ofLength = this.#ipv4.get(length) ?? { lists: new Map<number, number[]>(), sorted: null };
      this.#ipv4.set(length, ofLength);
      ofLength.sorted = null;
      const list = ofLength.lists.get(bits);
      if (list) list.push(place);
      else ofLength.lists.set(bits, [place]);
    }
  }

  /** Ascending lists that together have every rule that may meet this network. */
  meeting({ family, bits, mask, length }: Network): readonly (readonly number[])[] {
    if (family === 6) return [this.#others, this.#ipv6];
    if (family === 0 || length === null) return [this.all];
    const found: (readonly number[])[] = [this.#others];
    for (const [own, ofLength] of this.#ipv4) {
      if (own <= length) {
        const list = ofLength.lists.get((bits & maskOf(own)) >>> 0);
        if (list) found.push(list);
        continue;
      }
      ofLength.sorted ??= Uint32Array.from(ofLength.lists.keys()).toSorted();
      const last = (bits | ~mask) >>> 0;
      for (let at = firstAtLeast(ofLength.sorted, bits); (ofLength.sorted[at] ?? Infinity) <= last; at += 1) {
        const list = ofLength.lists.get(ofLength.sorted[at] ?? 0);
        if (list) found.push(list);
      }
    }
    return found;
  }
}

function maskOf(length: number): number {
  return length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
}

function firstBits(ip: Ip): number {
  const byte = (at: number): number => ip.charCodeAt(at);
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}
