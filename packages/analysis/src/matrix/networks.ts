import { formatIp, maskOf, parseIpv4, parseIpv6, prefixOf } from "@sallyport/policy";
import type { AddressPattern, Bytes, Facts, Ip } from "@sallyport/policy";

/** All addresses under a mask without holes. */
export interface Network {
  readonly first: Ip;
  readonly last: Ip;
  /** `10.20.0.0/16`. */
  readonly text: Bytes;
}

/**
 * Addresses that the networks of the rules do not tell apart: those of a network that are in no other one within it. Networks are
 * nested or apart, so each address is in one class.
 */
export interface AddressClass {
  readonly network: Network;
  /** The class around it; null: none. */
  readonly parent: AddressClass | null;
  /** One of its addresses. */
  readonly address: string;
}

type PlainPattern = Extract<AddressPattern, { readonly kind: "network" }>;

/** Null: the mask has holes. */
export function networkOf({ ip, mask }: Pick<PlainPattern, "ip" | "mask">): Network | null {
  const prefix = prefixOf(mask);
  if (prefix === null) return null;
  const first = withMask(ip, mask, (byte, bits) => byte & bits);
  const last = withMask(ip, mask, (byte, bits) => byte | (~bits & 0xff));
  return { first, last, text: `${formatIp(first)}/${prefix}` };
}

/** The networks that samehost and samenet stand for. */
export function interfaceNetworks({ interfaces = [] }: Facts): Network[] {
  return interfaces.flatMap(({ ip, mask }) => {
    const whole = maskOf(8 * ip.length, ip.length === 4 ? 4 : 6);
    const masks = mask?.length === ip.length ? [whole, mask] : [whole];
    return masks.map((one) => networkOf({ ip, mask: one })).filter((network) => network !== null);
  });
}

/** One address alone. */
export function addressClass(ip: Ip, address: string): AddressClass {
  return { network: { first: ip, last: ip, text: address }, parent: null, address };
}

const everything: readonly Network[] = [4, 16].map((length) => {
  const ip = "\0".repeat(length);
  return { first: ip, last: "\xff".repeat(length), text: `${formatIp(ip)}/0` };
});

/** Every address there is, in classes: a class stands behind those around it. */
export function addressClasses(networks: Iterable<Network>): AddressClass[] {
  const distinct = new Map([...everything, ...networks].map((network) => [network.text, network]));
  const sorted = [...distinct.values()].toSorted(
    (a, b) => compare(a.first.length, b.first.length) || compare(a.first, b.first) || compare(b.last, a.last),
  );
  const classes: AddressClass[] = [];
  const around: { readonly network: Network; readonly made: AddressClass | null }[] = [];
  for (const [at, network] of sorted.entries()) {
    while (around.length > 0 && !contains(around.at(-1)?.network, network)) around.pop();
    const address = freeAddress(network, inside(sorted, at));
    const parent = around.findLast(({ made }) => made !== null)?.made ?? null;
    const made = address === null ? null : { network, parent, address: formatIp(address) };
    if (made) classes.push(made);
    around.push({ network, made });
  }
  return classes;
}

/** The networks right within the one at a place: they stand behind it. */
function* inside(sorted: readonly Network[], place: number): Generator<Network, undefined, undefined> {
  let last: Network | null = null;
  for (let at = place + 1; at < sorted.length; at += 1) {
    const network = sorted[at];
    if (!network || !contains(sorted[place], network)) return;
    if (last && contains(last, network)) continue;
    yield network;
    last = network;
  }
}

/** Addresses for documentation, which look like any other address. */
const examples: readonly Ip[] = [parseIpv4("203.0.113.7") ?? "", parseIpv6("2001:db8::7") ?? ""];

/** An address of a network that is in none of those within it, of several one that people like. Null: there is none. */
function freeAddress({ first, last }: Network, within: Iterable<Network>): Ip | null {
  const nice = examples.find((ip) => ip.length === first.length && ip >= first && ip <= last) ?? null;
  let isNiceFree = nice !== null;
  let free: Ip | null = null;
  let from: Ip | null = first;
  for (const network of within) {
    if (nice !== null && nice >= network.first && nice <= network.last) isNiceFree = false;
    if (from !== null && free === null && from < network.first) free = likeable(from, before(network.first));
    if (from !== null) from = after(network.last);
  }
  if (free === null && from !== null && from.length === first.length && from <= last)
    free = likeable(from, last);
  return isNiceFree ? nice : free;
}

/** Of a stretch not the first one, which is the network's own. */
function likeable(first: Ip, last: Ip): Ip {
  const second = after(first);
  return second !== null && second <= last ? second : first;
}

function contains(outer: Network | undefined | null, inner: Network): boolean {
  return (
    outer != null &&
    outer.first.length === inner.first.length &&
    outer.first <= inner.first &&
    inner.last <= outer.last
  );
}

/** Null: there is none behind it. */
function after(ip: Ip): Ip | null {
  const kept = ip.replace(/\xff+$/, "");
  if (kept === "") return null;
  return (
    kept.slice(0, -1) +
    String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1) +
    "\0".repeat(ip.length - kept.length)
  );
}

/** Of an address that is not the first of all. */
function before(ip: Ip): Ip {
  const kept = ip.replace(/\0+$/, "");
  return (
    kept.slice(0, -1) +
    String.fromCharCode(kept.charCodeAt(kept.length - 1) - 1) +
    "\xff".repeat(ip.length - kept.length)
  );
}

function withMask(ip: Ip, mask: Ip, join: (byte: number, bits: number) => number): Ip {
  return Array.from(ip, (byte, at) =>
    String.fromCharCode(join(byte.charCodeAt(0), mask.charCodeAt(at))),
  ).join("");
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
