import { parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Ip } from "@sallyport/policy";
import type { Effort } from "./effort.ts";

/** A set of client addresses: a node of the diagram that `AddressSets` keeps. Equal sets are equal numbers. */
export type AddressSet = number;

export const noAddress: AddressSet = 0;
export const everyAddress: AddressSet = 1;

/** Addresses for documentation (RFC 5737, 3849). */
const wished: readonly Ip[] = ["192.0.2.1", "2001:db8::1"].flatMap(
  (text) => parseIpv4(text) ?? parseIpv6(text) ?? [],
);

type Operation = "and" | "or" | "minus";

/** Nodes are numbered below this, so that two numbers fit into one key. */
const mostNodes = 2 ** 26;
/** With more nodes than these nothing more is made: about 400 MB. One operation makes no more than there are. */
const enoughNodes = 3_000_000;
/** More results than these are not remembered from one operation to the next: about 100 MB. */
const mostResults = 1_000_000;
/** What a node and a result cost. */
const work = 10;
/** Of the two sets without a node: behind every bit. */
const behindAll = 200;

/**
 * Sets of IPv4 and IPv6 addresses as one reduced ordered decision diagram (Bryant 1986): the first decision is the family,
 * then bit by bit. Masks need not be contiguous. One for each analysis: it remembers every set that it has made.
 */
export class AddressSets {
  readonly #effort: Effort;
  readonly #bits: number[] = [behindAll, behindAll];
  readonly #zeros: number[] = [0, 1];
  readonly #ones: number[] = [0, 1];
  readonly #nodes: Map<number, number>[] = [];
  readonly #networks = new Map<string, AddressSet>();
  readonly #nearest = new Map<AddressSet, Ip | null>();
  readonly #results: Readonly<Record<Operation, Map<number, number>>> = {
    and: new Map(),
    or: new Map(),
    minus: new Map(),
  };

  constructor(effort: Effort) {
    this.#effort = effort;
  }

  /** How many sets, and parts of sets, there are so far: what it takes to make more of them grows with it. */
  get size(): number {
    return this.#bits.length;
  }

  /** Those that are equal to `ip` in every bit of the mask. */
  network(ip: Ip, mask: Ip): AddressSet {
    const key = ip + mask;
    const known = this.#networks.get(key) ?? this.#makeNetwork(ip, mask);
    this.#networks.set(key, known);
    return known;
  }

  #makeNetwork(ip: Ip, mask: Ip): AddressSet {
    let set = everyAddress;
    for (let bit = 8 * ip.length; bit > 0; bit -= 1) {
      if (!bitOf(mask, bit)) continue;
      set = bitOf(ip, bit) ? this.#node(bit, noAddress, set) : this.#node(bit, set, noAddress);
    }
    return ip.length === 4 ? this.#node(0, set, noAddress) : this.#node(0, noAddress, set);
  }

  and(a: AddressSet, b: AddressSet): AddressSet {
    return this.#begin("and", a, b);
  }

  or(a: AddressSet, b: AddressSet): AddressSet {
    return this.#begin("or", a, b);
  }

  minus(a: AddressSet, b: AddressSet): AddressSet {
    return this.#begin("minus", a, b);
  }

  has(set: AddressSet, ip: Ip): boolean {
    let at = set;
    while (at > 1) {
      const bit = this.#bit(at);
      const value = bit === 0 ? ip.length === 16 : bitOf(ip, bit);
      at = this.branch(at, bit, value);
    }
    return at === everyAddress;
  }

  /** What is left of a set when a bit (0: is it IPv6?) has this value; a bit that it does not depend on leaves it. */
  branch(set: AddressSet, bit: number, value: boolean): AddressSet {
    if (this.#bit(set) !== bit) return set;
    return (value ? this.#ones[set] : this.#zeros[set]) ?? noAddress;
  }

  /** An address of the set, as near as may be to one that nobody has a rule about; null: it has none. */
  example(set: AddressSet): Ip | null {
    const known = this.#nearest.get(set);
    if (known !== undefined) return known;
    const found = this.#nearestTo(set);
    this.#effort.spend(4 * work);
    this.#nearest.set(set, found);
    return found;
  }

  #nearestTo(set: AddressSet): Ip | null {
    for (const ip of wished) {
      let at = this.branch(set, 0, ip.length === 16);
      if (at === noAddress) continue;
      const bytes = Array.from(ip, (byte) => byte.charCodeAt(0));
      for (let bit = 1; bit <= 8 * ip.length; bit += 1) {
        const value = bitOf(ip, bit);
        const next = this.branch(at, bit, value);
        const index = (bit - 1) >> 3;
        if (next === noAddress) bytes[index] = (bytes[index] ?? 0) ^ (0x80 >> ((bit - 1) & 7));
        at = next === noAddress ? this.branch(at, bit, !value) : next;
      }
      return String.fromCharCode(...bytes);
    }
    return null;
  }

  #bit(set: AddressSet): number {
    return this.#bits[set] ?? behindAll;
  }

  #node(bit: number, zero: AddressSet, one: AddressSet): AddressSet {
    if (zero === one) return zero;
    const known = (this.#nodes[bit] ??= new Map<number, number>());
    const key = zero * mostNodes + one;
    const node = known.get(key);
    if (node !== undefined) return node;
    const made = this.#bits.length;
    if (made >= mostNodes) throw new RangeError("too many sets of addresses for one analysis");
    this.#bits.push(bit);
    this.#zeros.push(zero);
    this.#ones.push(one);
    known.set(key, made);
    return made;
  }

  #begin(operation: Operation, a: AddressSet, b: AddressSet): AddressSet {
    const results = this.#results[operation];
    if (results.size > mostResults) results.clear();
    if (this.size > enoughNodes) this.#effort.exhaust();
    return this.#apply(operation, a, b);
  }

  #apply(operation: Operation, a: AddressSet, b: AddressSet): AddressSet {
    const plain = evident(operation, a, b);
    if (plain !== null) return plain;
    const results = this.#results[operation];
    const key = a * mostNodes + b;
    const known = results.get(key);
    if (known !== undefined) return known;
    const bit = Math.min(this.#bit(a), this.#bit(b));
    const half = (value: boolean): AddressSet =>
      this.#apply(operation, this.branch(a, bit, value), this.branch(b, bit, value));
    const made = this.#node(bit, half(false), half(true));
    results.set(key, made);
    this.#effort.spend(work);
    return made;
  }
}

/** Where one of the two says it all. */
function evident(operation: Operation, a: AddressSet, b: AddressSet): AddressSet | null {
  switch (operation) {
    case "and":
      if (a === noAddress || b === noAddress) return noAddress;
      return a === everyAddress || a === b ? b : b === everyAddress ? a : null;
    case "or":
      if (a === everyAddress || b === everyAddress) return everyAddress;
      return a === noAddress || a === b ? b : b === noAddress ? a : null;
    case "minus":
      if (a === noAddress || b === everyAddress || a === b) return noAddress;
      return b === noAddress ? a : null;
  }
}

/** The bit of an address, the first being 1. */
function bitOf(ip: Ip, bit: number): boolean {
  return (ip.charCodeAt((bit - 1) >> 3) & (0x80 >> ((bit - 1) & 7))) !== 0;
}
