/** Received bytes that nobody has consumed yet, kept as the chunks in which they came. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
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
