/** Does one of `rounds` equal parts of some work. */
export type Work = (round: number) => void;

/**
 * How many milliseconds each work takes in each round. In a round all works are done one right after the other, forwards and backwards
 * by turns, so that whatever else the machine does falls on all of them. A first pass is not counted.
 */
export function times(works: readonly Work[], rounds: number): number[][] {
  const seen: number[][] = works.map(() => []);
  for (let pass = 0; pass < 2; pass += 1) {
    for (let round = 0; round < rounds; round += 1) {
      const order = works.map((_, at) => (round % 2 === 0 ? at : works.length - 1 - at));
      for (const at of order) {
        const start = performance.now();
        works[at]?.(round);
        if (pass > 0) seen[at]?.push(performance.now() - start);
      }
    }
  }
  return seen;
}

/** What is alive on the heap, in bytes. */
export function heap(): number {
  if (!globalThis.gc) throw new Error("the heap is measured with node --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
