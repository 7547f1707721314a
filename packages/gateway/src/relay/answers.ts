import type { Writable } from "node:stream";
import { decodeParameterStatus } from "@sallyport/wire";
import type { ParameterStatus } from "@sallyport/wire";
import type { Conversation } from "./conversation.ts";
import { HeldBack } from "./held-back.ts";
import { isLastWord } from "./last-word.ts";
import { fromServer } from "./message-types.ts";
import { MessageWalk } from "./message-walk.ts";

/** What is held back of a message until all of it is there; larger ones pass as they come. */
const largestHeld = 64 * 1024;

/** A type and a length. */
const headLength = 5;

/**
 * What the upstream says, on its way to the client. Only whole messages pass, but for large ones: so there is a place
 * for a last word when the upstream is lost or the session has to end.
 */
export class Answers {
  readonly #client: Writable;
  readonly #conversation: Conversation;
  readonly #onReport: (parameter: ParameterStatus) => void;
  readonly #walk: MessageWalk = new MessageWalk((type, chunk, start, end) =>
    this.#hearMessage(type, chunk, start, end),
  );
  readonly #held: HeldBack = new HeldBack();
  /** Some of a message has passed whose end is still to come. */
  #isCut = false;
  #heardLastWord = false;
  #isReported = true;

  constructor(
    client: Writable,
    conversation: Conversation,
    onReport: (parameter: ParameterStatus) => void = ignore,
  ) {
    this.#client = client;
    this.#conversation = conversation;
    this.#onReport = onReport;
  }

  /** Nothing has come of a message whose end is still to come. */
  get atBoundary(): boolean {
    return this.#walk.atBoundary;
  }

  /** The client has heard whole messages, and would understand another one. */
  get havePlaceForWords(): boolean {
    return !this.#isCut && !this.#walk.lost;
  }

  /** The last thing that the upstream said is that it ends the session. */
  get heardLastWord(): boolean {
    return this.#heardLastWord;
  }

  /** Every parameter that the upstream has reported was understood. */
  get isReported(): boolean {
    return this.#isReported;
  }

  hear(chunk: Buffer): void {
    const boundary = this.#walk.walk(chunk);
    const upTo = this.#walk.lost ? chunk.length : boundary;
    if (upTo > 0) {
      this.#pass(upTo === chunk.length ? chunk : chunk.subarray(0, upTo));
      this.#isCut = this.#walk.lost;
    }
    if (upTo < chunk.length) this.#hold(upTo === 0 ? chunk : chunk.subarray(upTo));
  }

  #hearMessage(type: number, chunk: Buffer, start: number, end: number): void {
    this.#conversation.heard(type, chunk.readUInt8(end - 1));
    this.#heardLastWord = false;
    if (type === fromServer.errorResponse || type === fromServer.noticeResponse) {
      const body = this.#bodyOf(chunk, start, end);
      this.#heardLastWord = body !== null && isLastWord(body);
    } else if (type === fromServer.parameterStatus) this.#report(this.#bodyOf(chunk, start, end));
  }

  /** Null: its beginning is not here any more. */
  #bodyOf(chunk: Buffer, start: number, end: number): Buffer | null {
    if (start >= 0) return chunk.subarray(start + headLength, end);
    return this.#isCut ? null : this.#held.with(chunk.subarray(0, end)).subarray(headLength);
  }

  #report(body: Buffer | null): void {
    const parameter = body === null ? null : parameterOf(body);
    if (parameter === null) this.#isReported = false;
    else this.#onReport(parameter);
  }

  #hold(rest: Buffer): void {
    if (this.#isCut || this.#held.length + rest.length > largestHeld) {
      this.#pass(rest);
      this.#isCut = true;
    } else this.#held.add(rest);
  }

  /** What was held back leaves with it, in one write. */
  #pass(bytes: Buffer): void {
    const client = this.#client;
    if (!client.writable) return;
    if (this.#held.length === 0) client.write(bytes);
    else {
      client.cork();
      client.write(this.#held.take());
      client.write(bytes);
      client.uncork();
    }
  }
}

function parameterOf(body: Buffer): ParameterStatus | null {
  try {
    return decodeParameterStatus(body);
  } catch {
    return null; // not of a PostgreSQL
  }
}

function ignore(): void {
  // Nobody asked for them.
}
