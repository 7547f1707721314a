/** A ratio of one time to a peer's in the same run, and how large it may be. */
export interface Figure {
  readonly name: string;
  readonly peer: string;
  readonly ratio: number;
  /** Null: for information. */
  readonly atMost: number | null;
}

/** Does one of `rounds` equal parts of some work. */
export type Work = (round: number) => void;

/**
 * How long each work takes beside the first: the median of the rounds. In a round all works are done one right after the other,
 * forwards and backwards by turns, so that whatever else the machine does falls on all of them. A first pass is not counted.
 */
export function ratios(works: readonly Work[], rounds: number): number[] {
  const seen: number[][] = works.map(() => []);
  for (let pass = 0; pass < 2; pass += 1) {
    for (let round = 0; round < rounds; round += 1) {
      const times: number[] = [];
      const order = works.map((_, at) => (round % 2 === 0 ? at : works.length - 1 - at));
      for (const at of order) {
        const start = performance.now();
        works[at]?.(round);
        times[at] = performance.now() - start;
      }
      if (pass > 0) for (const [at, time] of times.entries()) seen[at]?.push(time / (times[0] ?? Number.NaN));
    }
  }
  return seen.map(median);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** What is alive on the heap, in bytes. */
export function heap(): number {
  if (!globalThis.gc) throw new Error("the heap is measured with node --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
