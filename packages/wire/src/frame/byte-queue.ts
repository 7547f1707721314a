/** Chunks from this size on are kept as they came. */
const LARGE = 4096;

/**
 * Received bytes that nobody has consumed yet, kept as the chunks in which they came. A chunk is an object of some
 * 200 bytes, and a peer may send a segment a byte: so small chunks are joined, each with one that is no larger, which
 * leaves few of them and copies little.
 */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) {
      return;
    }
    this.#length += chunk.length;
    let last = chunk;
    for (;;) {
      const before = this.#chunks.at(-1);
      if (before === undefined || before.length > last.length || last.length >= LARGE) {
        break;
      }
      this.#chunks.pop();
      last = Buffer.concat([before, last]);
    }
    this.#chunks.push(last);
  }

  /** The first `length` bytes without consuming them; they must be there. */
  peek(length: number): Buffer {
    return this.#front(length).subarray(0, length);
  }

  /** The first `length` bytes, consumed; they must be there. A view where one chunk holds them all. */
  take(length: number): Buffer {
    const front = this.#front(length);
    this.#length -= length;
    if (front.length === length) {
      this.#chunks.shift();
    } else {
      this.#chunks[0] = front.subarray(length);
    }
    return front.subarray(0, length);
  }

  /** Makes the first chunk at least `length` long, joining no more chunks than needed. */
  #front(length: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) {
      return first;
    }
    if (length > this.#length) {
      throw new RangeError(`${length} bytes asked of ${this.#length}`);
    }
    let joined = 0;
    const count = this.#chunks.findIndex((chunk) => (joined += chunk.length) >= length) + 1;
    const front = Buffer.concat(this.#chunks.slice(0, count), joined);
    this.#chunks = [front, ...this.#chunks.slice(count)];
    return front;
  }
}
