/** Called for each message that ends in a chunk; `start` is below 0 if it began in an earlier one. */
export type OnMessage = (type: string, start: number, end: number) => void;

/** A type and a length that counts itself. */
const headLength = 5;

/**
 * Follows the messages of one direction as their bytes pass: where they end, and of what type they are. It keeps
 * nothing of them. What is no sequence of messages is passed over, and `lost` from there on.
 */
export class MessageWalk {
  readonly #head: Buffer = Buffer.alloc(headLength);
  /** Bytes of the head that have come, if it is not whole. */
  #headFilled = 0;
  #type = "";
  #length = 0;
  /** Bytes of the message that are still to come. */
  #left = 0;
  #lost = false;

  /** Nothing of a message has passed whose end is still to come. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#headFilled === 0 && !this.#lost;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Returns where in `chunk` the last message that ends in it ends; 0: none does. */
  walk(chunk: Buffer, onMessage: OnMessage): number {
    let at = 0;
    let boundary = 0;
    while (at < chunk.length && !this.#lost) {
      if (this.#left === 0) at = this.#readHead(chunk, at);
      const step = Math.min(this.#left, chunk.length - at);
      at += step;
      this.#left -= step;
      if (this.#left === 0 && this.#headFilled === 0 && !this.#lost) {
        onMessage(this.#type, at - this.#length, at);
        boundary = at;
      }
    }
    return boundary;
  }

  /** Returns where the body begins, or the end of the chunk if the head goes on behind it. */
  #readHead(chunk: Buffer, at: number): number {
    if (this.#headFilled === 0 && chunk.length - at >= headLength) {
      this.#begin(chunk, at);
      return at + headLength;
    }
    const taken = chunk.copy(this.#head, this.#headFilled, at, at + headLength - this.#headFilled);
    this.#headFilled += taken;
    if (this.#headFilled === headLength) {
      this.#headFilled = 0;
      this.#begin(this.#head, 0);
    }
    return at + taken;
  }

  #begin(head: Buffer, at: number): void {
    const length = head.readInt32BE(at + 1);
    this.#type = String.fromCharCode(head[at] ?? 0);
    this.#length = length + 1;
    this.#left = length - 4;
    if (this.#left < 0) {
      this.#left = 0;
      this.#lost = true;
    }
  }
}
