/**
 * Byte strings: JavaScript strings with one UTF-16 unit per byte (0 … 255).
 *
 * PostgreSQL compares names byte by byte and validates no encoding before a database is chosen. Decoding them as
 * UTF-8 would make two different invalid names equal, so inside Sallyport they stay bytes.
 */
import { isUtf8 } from "node:buffer";
import { WireError } from "./errors.ts";

const ABOVE_BYTES = /[\u0100-\uFFFF]/;

/** The byte string of a Unicode text in UTF-8: for what people type. */
export function fromUnicode(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The Unicode text of a byte string, for screens; invalid UTF-8 shows as U+FFFD. */
export function toUnicode(bytes: string): string {
  return toBuffer(bytes).toString("utf8");
}

/** Whether a byte string is valid UTF-8. */
export function isValidUtf8(bytes: string): boolean {
  return isUtf8(toBuffer(bytes));
}

/** @throws {WireError} `invalid_value` if `bytes` is no byte string: silently cut code units could turn one name into another. */
export function toBuffer(bytes: string): Buffer {
  if (ABOVE_BYTES.test(bytes)) {
    throw new WireError("invalid_value", "not a byte string: it contains a character above U+00FF");
  }
  return Buffer.from(bytes, "latin1");
}

/** The byte string of a buffer. */
export function fromBuffer(buffer: Uint8Array): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString("latin1");
}
