/**
 * Reading and writing the inside of messages. Every read checks its bounds and fails with a typed error; none
 * looks past the end of the message.
 */
import { toBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";

/** A message as it came: type byte and body, without the length word. */
export interface Message {
  /** The type as a character, `R`; NUL … ÿ are possible. */
  readonly type: string;
  readonly body: Buffer;
}

/** A cursor over one message body. */
export class BodyReader {
  readonly #body: Buffer;
  readonly #name: string;
  #offset = 0;

  /** @param name the message's name in the protocol's documentation, for errors */
  constructor(body: Buffer, name: string) {
    this.#body = body;
    this.#name = name;
  }

  get remaining(): number {
    return this.#body.length - this.#offset;
  }

  int8(): number {
    return this.#body.readUInt8(this.#take(1));
  }

  /** Signed, as the protocol's Int16. */
  int16(): number {
    return this.#body.readInt16BE(this.#take(2));
  }

  /** Signed, as the protocol's Int32. */
  int32(): number {
    return this.#body.readInt32BE(this.#take(4));
  }

  /** A byte string up to a NUL, which must be there. */
  string(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end < 0) {
      throw this.malformed("a string without its terminating NUL");
    }
    const text = this.#body.toString("latin1", this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  /** `length` bytes as a byte string. */
  text(length: number): string {
    const start = this.#take(length);
    return this.#body.toString("latin1", start, start + length);
  }

  /** `length` bytes; a view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#body.subarray(start, start + length);
  }

  /** All that is left. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** Nothing may follow. */
  end(): void {
    if (this.remaining !== 0) {
      throw this.malformed(`${this.remaining} bytes too many`);
    }
  }

  malformed(what: string): WireError {
    return new WireError("malformed_message", `malformed ${this.#name} message: ${what}`);
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.malformed(`${length} bytes expected at offset ${this.#offset}, ${this.remaining} there`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** A whole message: type byte, length word, body. */
export function encodeMessage(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const length = lengthOf(parts);
  const message = Buffer.allocUnsafe(1 + length);
  message.writeUInt8(type.charCodeAt(0), 0);
  message.writeInt32BE(length, 1);
  copyInto(message, 5, parts);
  return message;
}

/** A message without a type byte, as the first ones of a connection are: length word, body. */
export function encodeUntyped(...parts: readonly Uint8Array[]): Buffer {
  const length = lengthOf(parts);
  const message = Buffer.allocUnsafe(length);
  message.writeInt32BE(length, 0);
  copyInto(message, 4, parts);
  return message;
}

/** With the length word, which counts itself. */
function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 4;
  for (const part of parts) length += part.length;
  if (length > 0x7fff_ffff) {
    throw new WireError("invalid_value", `a message of ${length} bytes is longer than the protocol allows`);
  }
  return length;
}

function copyInto(message: Buffer, start: number, parts: readonly Uint8Array[]): void {
  let at = start;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
}

/** A byte string and its terminating NUL. */
export function cstring(bytes: string): Buffer {
  if (bytes.includes("\0")) {
    // It would end the string early, and the rest would be read as the next field.
    throw new WireError("invalid_value", "a string for the wire contains a NUL byte");
  }
  return toBuffer(`${bytes}\0`);
}

export function int16(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(2);
  buffer.writeInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeInt32BE(value);
  return buffer;
}
