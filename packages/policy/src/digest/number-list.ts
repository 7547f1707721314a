/** So many numbers lie together; what grows beyond is put beside it, so that nothing large is ever copied. */
const bits = 14;
const perChunk = 1 << bits;
const inChunk = perChunk - 1;

/** A list of numbers from 0 to 2 ** 32 - 1 that grows: four bytes each, and nothing for a garbage collector to go through. */
export class NumberList {
  length = 0;
  readonly #chunks: Uint32Array<ArrayBuffer>[] = [];
  #last: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  /** What is negative counts from 2 ** 32 down. */
  push(value: number): void {
    const at = this.length & inChunk;
    if (at === 0 || at === this.#last.length) this.#grow(at);
    this.#last[at] = value;
    this.length += 1;
  }

  /** 0 beyond the end. */
  at(place: number): number {
    return this.#chunks[place >>> bits]?.[place & inChunk] ?? 0;
  }

  /** All numbers in one array. A step for each chunk. */
  *packed(): Generator<undefined, Uint32Array, undefined> {
    const all = new Uint32Array(this.length);
    for (const [number, chunk] of this.#chunks.entries()) {
      all.set(chunk.subarray(0, this.length - number * perChunk), number * perChunk);
      yield;
    }
    return all;
  }

  /** The first chunk begins small: most files are. */
  #grow(used: number): void {
    const first = this.#chunks.length === 0 || (used > 0 && this.#chunks.length === 1);
    const chunk = new Uint32Array(first ? Math.min(Math.max(2 * used, 16), perChunk) : perChunk);
    if (used > 0) {
      chunk.set(this.#last);
      this.#chunks.pop();
    }
    this.#chunks.push(chunk);
    this.#last = chunk;
  }
}
