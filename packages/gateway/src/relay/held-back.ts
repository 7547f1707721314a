const nothing = Buffer.of();

/** The beginning of a message whose end is still to come. It is copied, since what brings it is used again. */
export class HeldBack {
  #bytes: Buffer = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The caller knows how much it may become. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  /** With what follows it, as one. */
  with(rest: Buffer): Buffer {
    return Buffer.concat([this.#bytes.subarray(0, this.#length), rest]);
  }

  /** All of it, and none is left. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = nothing;
    this.#length = 0;
    return bytes;
  }
}
