import type { Duplex } from "node:stream";
import { WireError } from "../errors.ts";
import type { Message } from "../message/body.ts";
import { ByteQueue } from "./byte-queue.ts";
import { abortError } from "./deadline.ts";

/**
 * Pulls bytes and messages out of a stream (a `net.Socket`, a `tls.TLSSocket`, any Duplex of bytes) in paused mode.
 *
 * Memory: the stream is read only while somebody waits for bytes, so what lies here is never more than the length
 * that was asked for plus one high-water mark of the stream; a length word is checked against its cap before
 * anything is kept for it, and nothing is allocated before it arrives.
 *
 * Errors are {@link WireError}s: `peer_closed`, `socket_failed`, `timeout`, `aborted`, `invalid_length`,
 * `message_too_long`. What came before an end or an error is still delivered.
 *
 * One wait at a time. After {@link MessageReader.release} the stream carries no listener of ours: whoever takes it
 * over must listen for `error` himself, at once.
 */
export class MessageReader {
  readonly #stream: Duplex;
  readonly #queue: ByteQueue = new ByteQueue();
  /** Why no more bytes will come; null while they may. */
  #end: WireError | null = null;
  #wake: (() => void) | null = null;
  #released = false;

  /** @param received bytes of this stream that somebody else read before, and did not consume */
  constructor(stream: Duplex, received: Buffer = nothing) {
    this.#stream = stream;
    this.#queue.push(received);
    stream.on("readable", this.#onReadable);
    stream.on("end", this.#onEnd);
    stream.on("close", this.#onClose);
    stream.on("error", this.#onError);
    if (stream.errored !== null) {
      this.#onError(stream.errored);
    } else if (stream.readableEnded || stream.destroyed) {
      this.#onEnd();
    }
  }

  /** Bytes received and not consumed. */
  get buffered(): number {
    return this.#queue.length;
  }

  /** Exactly `length` bytes. The caller's `length` is the cap: it must never come from the peer unchecked. */
  async readBytes(length: number, signal?: AbortSignal): Promise<Buffer> {
    await this.#fill(length, signal);
    return this.#queue.take(length);
  }

  /** The next `length` bytes, left where they are. */
  async peek(length: number, signal?: AbortSignal): Promise<Buffer> {
    await this.#fill(length, signal);
    return this.#queue.peek(length);
  }

  /**
   * The next message: type byte, length word, body.
   *
   * @param maxLength cap on the length word (which counts its own four bytes, as PostgreSQL's limits do), or a
   * function that gives it for a type
   */
  async readMessage(maxLength: MessageLimit, signal?: AbortSignal): Promise<Message> {
    for (;;) {
      const message = this.poll(maxLength);
      if (message !== null) {
        return message;
      }
      await this.more(signal);
    }
  }

  /** The next message if all of it has arrived, else null. @throws {WireError} on a bad length word */
  poll(maxLength: MessageLimit): Message | null {
    if (this.#queue.length < 5) {
      return null;
    }
    const head = this.#queue.peek(5);
    const type = String.fromCharCode(head.readUInt8(0));
    const length = head.readInt32BE(1);
    checkLength(type, length, maxLength);
    return this.#queue.length > length ? { type, body: this.#queue.take(length + 1).subarray(5) } : null;
  }

  /** Waits until at least one more byte has arrived. */
  async more(signal?: AbortSignal): Promise<void> {
    await this.#fill(this.#queue.length + 1, signal);
  }

  /**
   * Lets go of the stream and gives back what was received and not consumed.
   * A wait that is still pending fails with `aborted`.
   */
  release(): Buffer {
    this.#released = true;
    this.#stream.off("readable", this.#onReadable);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("close", this.#onClose);
    this.#stream.off("error", this.#onError);
    // Errors are dear, and hardly ever somebody waits here.
    if (this.#wake !== null) this.#finish(new WireError("aborted", "the stream was released"));
    const { length } = this.#queue;
    return length === 0 ? nothing : this.#queue.take(length);
  }

  async #fill(length: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      this.#pull(length);
      if (this.#queue.length >= length) {
        return;
      }
      if (this.#end !== null) {
        throw this.#end;
      }
      if (signal?.aborted === true) {
        throw abortError(signal);
      }
      await this.#wait(signal);
    }
  }

  /** Takes what the stream has, but only while `length` is not reached. */
  #pull(length: number): void {
    while (this.#queue.length < length && !this.#released) {
      const chunk: unknown = this.#stream.read();
      if (!Buffer.isBuffer(chunk)) {
        return;
      }
      this.#queue.push(chunk);
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#wake !== null) {
      throw new TypeError("two reads at the same time");
    }
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = null;
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal?.addEventListener("abort", wake);
    });
  }

  #finish(end: WireError): void {
    this.#end ??= end;
    this.#wake?.();
  }

  readonly #onReadable = (): void => {
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#finish(new WireError("peer_closed", "the peer closed the connection"));
  };

  readonly #onClose = (): void => {
    this.#pull(Number.POSITIVE_INFINITY);
    this.#onEnd();
  };

  readonly #onError = (error: Error): void => {
    // What arrived before the error (a FATAL, then a reset) is still worth reading.
    this.#pull(Number.POSITIVE_INFINITY);
    this.#finish(new WireError("socket_failed", `the connection failed: ${reasonOf(error)}`, error));
  };
}

/** One for all, since most that let go of a stream have it. */
const nothing = Buffer.alloc(0);

/** An alert of TLS comes as an error of OpenSSL, whose message names its source files. */
function reasonOf(error: Error): string {
  return "reason" in error && typeof error.reason === "string" ? `SSL error: ${error.reason}` : error.message;
}

/** The longest length word that is acceptable: for all messages, or by type. */
export type MessageLimit = number | ((type: string) => number);

/** No message of the protocol can be longer: PostgreSQL's own limit on a string, 1 GiB. */
const PROTOCOL_MAXIMUM = 0x3fff_ffff;

function checkLength(type: string, length: number, maxLength: MessageLimit): void {
  if (length < 4) {
    throw new WireError("invalid_length", `invalid message length ${length} (message type ${name(type)})`);
  }
  const cap = Math.min(typeof maxLength === "number" ? maxLength : maxLength(type), PROTOCOL_MAXIMUM);
  if (length > cap) {
    throw new WireError(
      "message_too_long",
      `a message of ${length} bytes (message type ${name(type)}), where at most ${cap} are acceptable`,
    );
  }
}

function name(type: string): string {
  return /[!-~]/.test(type) ? `"${type}"` : `0x${type.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
