import { formatIp, masked, maskOf, prefixOf } from "@sallyport/policy";
import type { AddressPattern, Bytes } from "@sallyport/policy";

/** An address column, and how it is written. */
export interface WrittenAddress {
  readonly pattern: AddressPattern;
  readonly text: Bytes;
}

/** The network of twice the size that this one is a half of; of all of a family it is `all`. Null: it is none, or of odd bits. */
export function doubled(address: AddressPattern | null): WrittenAddress | null {
  if (address?.kind !== "network") return null;
  const length = prefixOf(address.mask);
  if (length === null) return null;
  if (length === 0) return { pattern: { kind: "all" }, text: "all" };
  const mask = maskOf(length - 1, address.ip.length === 4 ? 4 : 6);
  const ip = masked(address.ip, mask);
  return { pattern: { kind: "network", ip, mask }, text: `${formatIp(ip)}/${length - 1}` };
}

/** Two networks of one size without a common address. */
export function areHalves(a: AddressPattern | null, b: AddressPattern | null): boolean {
  if (a?.kind !== "network" || b?.kind !== "network") return false;
  if (a.ip.length !== b.ip.length) return prefixOf(a.mask) === 0 && prefixOf(b.mask) === 0;
  return a.mask === b.mask && masked(a.ip, a.mask) !== masked(b.ip, b.mask);
}
