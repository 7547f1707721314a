/**
 * Called for each message that ends in a chunk, from `start` to before `end` of it; `start` is below 0 if the message
 * began in an earlier one.
 */
export type OnMessage = (type: number, chunk: Buffer, start: number, end: number) => void;

/** A type and a length that counts itself. */
const headLength = 5;

/** What comes by the thousand: rows (of a client: Describe, whose repetition changes nothing) and the data of a COPY. */
const [dataRow, copyData] = [0x44, 0x64]; // D, d

/**
 * Follows the messages of one direction as their bytes pass: where they end, and of what type they are. It keeps
 * nothing of them. Of a run of rows or of data of a COPY only the first is told. What is no sequence of messages is
 * passed over, and `lost` from there on.
 */
export class MessageWalk {
  readonly #onMessage: OnMessage;
  readonly #head: Buffer = Buffer.alloc(headLength);
  /** Bytes of the head that have come, if it is not whole. */
  #headFilled = 0;
  /** Of the message whose end is still to come, or else of the last one. */
  #type = 0;
  #length = 0;
  /** Bytes of it that are still to come. */
  #left = 0;
  #lastTold = 0;
  #lost = false;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** Nothing of a message has passed whose end is still to come. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#headFilled === 0 && !this.#lost;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** What has passed of a head that is not whole: the first byte is the type. */
  get begun(): Buffer {
    return this.#head.subarray(0, this.#headFilled);
  }

  /** Returns where in `chunk` the last message that ends in it ends; 0: none does. */
  walk(chunk: Buffer): number {
    if (this.#lost) return 0;
    let at = 0;
    let boundary = 0;
    if (this.#headFilled > 0) {
      at = this.#completeHead(chunk);
      if (this.#headFilled > 0 || this.#lost) return 0;
    }
    if (at > 0 || this.#left > 0) {
      const end = at + this.#left;
      if (end > chunk.length) {
        this.#left = end - chunk.length;
        return 0;
      }
      this.#left = 0;
      this.#tell(this.#type, chunk, end - this.#length, end);
      at = boundary = end;
    }
    while (chunk.length - at >= headLength) {
      const type = chunk.readUInt8(at);
      const length = chunk.readInt32BE(at + 1);
      const end = at + 1 + length;
      if (length < 4) {
        this.#lost = true;
        return boundary;
      }
      if (end > chunk.length) {
        this.#type = type;
        this.#length = length + 1;
        this.#left = end - chunk.length;
        return boundary;
      }
      this.#tell(type, chunk, at, end);
      at = boundary = end;
    }
    this.#headFilled = chunk.copy(this.#head, 0, at);
    return boundary;
  }

  #tell(type: number, chunk: Buffer, start: number, end: number): void {
    if (type === this.#lastTold && (type === dataRow || type === copyData)) return;
    this.#lastTold = type;
    this.#onMessage(type, chunk, start, end);
  }

  /** Returns where the body begins, or the end of the chunk if the head goes on behind it. */
  #completeHead(chunk: Buffer): number {
    const taken = chunk.copy(this.#head, this.#headFilled, 0, headLength - this.#headFilled);
    this.#headFilled += taken;
    if (this.#headFilled < headLength) return taken;
    this.#headFilled = 0;
    const length = this.#head.readInt32BE(1);
    if (length < 4) this.#lost = true;
    this.#type = this.#head.readUInt8(0);
    this.#length = length + 1;
    this.#left = length - 4;
    return taken;
  }
}
