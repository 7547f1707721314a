import type { Writable } from "node:stream";
import type { Conversation } from "./conversation.ts";
import { fromClient } from "./message-types.ts";
import { MessageWalk } from "./message-walk.ts";

const nothing = Buffer.of();

/** Of a Terminate, which has no body. */
const terminateLength = 5;

/** What the client says, on its way to the upstream. */
export class Requests {
  readonly #upstream: Writable;
  readonly #conversation: Conversation;
  /** Null: a goodbye is the upstream's to hear. */
  readonly #onGoodbye: (() => boolean) | null;
  readonly #walk: MessageWalk = new MessageWalk((type, _, start, end) => this.#sayMessage(type, start, end));
  #saidGoodbye = false;
  /** Where the goodbye begins in the chunk that is being passed; null: there is none in it. */
  #goodbyeAt: number | null = null;
  /** The beginning of what may be a goodbye. */
  #withheld: Buffer = nothing;

  /**
   * @param onGoodbye called when all has been passed that was said before it. True: the goodbye and what follows it
   *   is for nobody. False: it is passed on.
   */
  constructor(upstream: Writable, conversation: Conversation, onGoodbye: (() => boolean) | null) {
    this.#upstream = upstream;
    this.#conversation = conversation;
    this.#onGoodbye = onGoodbye;
  }

  /** Nothing has come of a message whose end is still to come. */
  get atBoundary(): boolean {
    return this.#walk.atBoundary;
  }

  get saidGoodbye(): boolean {
    return this.#saidGoodbye;
  }

  say(chunk: Buffer): void {
    this.#walk.walk(chunk);
    if (
      this.#onGoodbye === null ||
      (this.#withheld.length === 0 && this.#goodbyeAt === null && this.#walk.atBoundary)
    )
      this.#pass(chunk);
    else this.#passBut(chunk, this.#onGoodbye);
  }

  /** The client has left, with or without a goodbye, maybe in the middle of one. */
  leave(): void {
    this.#saidGoodbye = true;
    this.#pass(this.#withheld);
    this.#withheld = nothing;
  }

  #sayMessage(type: number, start: number, end: number): void {
    if (this.#saidGoodbye) return; // nobody listens any more
    this.#saidGoodbye = type === fromClient.terminate;
    if (this.#saidGoodbye && end - start === terminateLength && this.#onGoodbye !== null)
      this.#goodbyeAt = start;
    else this.#conversation.said(type);
  }

  #passBut(chunk: Buffer, onGoodbye: () => boolean): void {
    const bytes = this.#withheld.length === 0 ? chunk : Buffer.concat([this.#withheld, chunk]);
    const goodbyeAt = this.#goodbyeAt === null ? null : this.#goodbyeAt + this.#withheld.length;
    this.#withheld = nothing;
    this.#goodbyeAt = null;
    if (goodbyeAt !== null) {
      this.#pass(bytes.subarray(0, goodbyeAt));
      if (onGoodbye()) return;
      this.#conversation.said(fromClient.terminate);
      this.#pass(bytes.subarray(goodbyeAt));
      return;
    }
    const { begun } = this.#walk;
    if (!this.#saidGoodbye && begun[0] === fromClient.terminate) this.#withheld = Buffer.from(begun);
    this.#pass(bytes.subarray(0, bytes.length - this.#withheld.length));
  }

  #pass(bytes: Buffer): void {
    if (bytes.length > 0 && this.#upstream.writable) this.#upstream.write(bytes);
  }
}
