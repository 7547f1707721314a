import { firstAtLeast } from "./first-at-least.ts";
import { maskOfLength } from "./reach.ts";
import type { Network } from "./reach.ts";

/** Ascending places of rules; one may stand in more than one of them. */
export type Lists = readonly (readonly number[])[];

/** How many places have to be looked at to have seen all. */
export function lengthOf(lists: Lists): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
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

  /**
   * Lists that together have every rule that may meet this network. Null: they have this many places, or more.
   *
   * @param tooMany above 0
   */
  meeting({ family, bits, mask, length }: Network, tooMany: number): Lists | null {
    const found: (readonly number[])[] = [];
    let left = tooMany;
    const take = (list: readonly number[] | undefined): void => {
      if (!list || list.length === 0) return;
      found.push(list);
      left -= list.length;
    };
    if (family === 0 || (family === 4 && length === null)) {
      take(this.all);
      return left > 0 ? found : null;
    }
    take(this.#others);
    if (family === 6) take(this.#ipv6);
    if (left <= 0) return null;
    if (length === null) return found;
    for (const [own, ofLength] of this.#ipv4) {
      if (own <= length) {
        take(ofLength.lists.get((bits & maskOfLength(own)) >>> 0));
        if (left <= 0) return null;
        continue;
      }
      ofLength.sorted ??= Uint32Array.from(ofLength.lists.keys()).toSorted();
      const last = (bits | ~mask) >>> 0;
      for (let at = firstAtLeast(ofLength.sorted, bits); (ofLength.sorted[at] ?? Infinity) <= last; at += 1) {
        take(ofLength.lists.get(ofLength.sorted[at] ?? 0));
        if (left <= 0) return null;
      }
    }
    return found;
  }
}
