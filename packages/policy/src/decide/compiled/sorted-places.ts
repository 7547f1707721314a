import type { HashedPlaces } from "../../digest/rule-digest.ts";
import type { Steps } from "../../steps.ts";

/** Places of rules, ascending: those of a longer list that stand from one place of it to another. */
export interface Places {
  readonly all: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** Places of rules by a hash; those under one hash ascend. */
export interface SortedPlaces {
  readonly hashes: Uint32Array;
  readonly places: Uint32Array;
}

/** How many bits are sorted by at a time; three times make a hash. */
const bits = 11;

/** So many numbers are moved in one step: some 20 microseconds, and some hundred where the memory is touched for the first time. */
export const perStep = 1024;

/** Sorts by hashes; what has the same stays in its order. */
export function* sortedPlaces(list: HashedPlaces): Steps<SortedPlaces> {
  let from: SortedPlaces = { hashes: yield* list.hashes.packed(), places: yield* list.places.packed() };
  const { length } = from.hashes;
  let to: SortedPlaces = { hashes: new Uint32Array(length), places: new Uint32Array(length) };
  for (let shift = 0; shift < 32; shift += bits) {
    yield* sortByDigit(from, to, shift);
    [from, to] = [to, from];
  }
  return from;
}

/** One pass of a radix sort. */
function* sortByDigit(from: SortedPlaces, to: SortedPlaces, shift: number): Steps<void> {
  const { length } = from.hashes;
  const mask = (1 << bits) - 1;
  // Where the next number with each digit comes to stand.
  const next = new Uint32Array(1 << bits);
  for (let first = 0; first < length; first += perStep) {
    const end = Math.min(first + perStep, length);
    for (let at = first; at < end; at += 1) {
      const digit = ((from.hashes[at] ?? 0) >>> shift) & mask;
      next[digit] = (next[digit] ?? 0) + 1;
    }
    yield;
  }
  let sum = 0;
  for (let digit = 0; digit <= mask; digit += 1) {
    const count = next[digit] ?? 0;
    next[digit] = sum;
    sum += count;
  }
  for (let first = 0; first < length; first += perStep) {
    const end = Math.min(first + perStep, length);
    for (let at = first; at < end; at += 1) {
      const hash = from.hashes[at] ?? 0;
      const digit = (hash >>> shift) & mask;
      const place = next[digit] ?? 0;
      next[digit] = place + 1;
      to.hashes[place] = hash;
      to.places[place] = from.places[at] ?? 0;
    }
    yield;
  }
}

/** The places under a hash. */
export function placesUnder({ hashes, places }: SortedPlaces, hash: number): Places {
  const unsigned = hash >>> 0;
  return { all: places, from: firstAtLeast(hashes, unsigned), to: firstAtLeast(hashes, unsigned + 1) };
}

/** Looks first where it would be if hashes lay evenly, which they do but for names that come again and again. */
function firstAtLeast(ascending: Uint32Array, least: number): number {
  const { length } = ascending;
  let low = Math.min(Math.floor((least / 2 ** 32) * length), length);
  let high = low;
  for (let step = 64; low > 0 && (ascending[low - 1] ?? 0) >= least; step *= 2) {
    high = low - 1;
    low = Math.max(low - step, 0);
  }
  for (let step = 64; high < length && (ascending[high] ?? 0) < least; step *= 2) {
    low = high + 1;
    high = Math.min(high + step, length);
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
