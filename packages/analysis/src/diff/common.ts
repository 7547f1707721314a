/** The places of two lists that are not in a common part of them, ascending. */
export interface Changed {
  readonly old: readonly number[];
  readonly new: readonly number[];
}

/**
 * What is left of two lists without a long common subsequence. The n-th of equal elements of one is taken for the n-th of the
 * other; of the pairs that this makes as many are kept as stand in the same order on both sides.
 */
export function changedPlaces<T>(before: readonly T[], after: readonly T[]): Changed {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let behind = 0;
  const most = Math.min(before.length, after.length) - start;
  while (behind < most && before.at(-1 - behind) === after.at(-1 - behind)) behind += 1;

  const places = new Map<T | undefined, number[]>();
  for (let place = after.length - behind - 1; place >= start; place -= 1) {
    const key = after[place];
    const list = places.get(key);
    if (list) list.push(place);
    else places.set(key, [place]);
  }
  const pairs: Pair[] = [];
  for (let place = start; place < before.length - behind; place += 1) {
    const other = places.get(before[place])?.pop();
    if (other !== undefined) pairs.push({ old: place, new: other });
  }
  const kept = ascending(pairs);
  const [keptOld, keptNew] = [new Set(kept.map((pair) => pair.old)), new Set(kept.map((pair) => pair.new))];
  const left = (length: number, kept: ReadonlySet<number>): number[] => {
    const changed: number[] = [];
    for (let place = start; place < length - behind; place += 1) if (!kept.has(place)) changed.push(place);
    return changed;
  };
  return { old: left(before.length, keptOld), new: left(after.length, keptNew) };
}

interface Pair {
  readonly old: number;
  readonly new: number;
}

/** The longest part, in order, in which the new places ascend (patience sorting). */
function ascending(pairs: readonly Pair[]): readonly Pair[] {
  /** Of each length, the part of that length that ends lowest. */
  const ends: { readonly pair: Pair; readonly before: number }[] = [];
  const all: { readonly pair: Pair; readonly before: number }[] = [];
  const ranks: number[] = [];
  for (const pair of pairs) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle]?.pair.new ?? 0) < pair.new) low = middle + 1;
      else high = middle;
    }
    const one = { pair, before: low === 0 ? -1 : (ranks[low - 1] ?? -1) };
    ranks[low] = all.length;
    all.push(one);
    ends[low] = one;
  }
  const found: Pair[] = [];
  for (let at = ranks.at(-1) ?? -1; at >= 0;) {
    const one = all[at];
    if (!one) break;
    found.push(one.pair);
    at = one.before;
  }
  return found.toReversed();
}
