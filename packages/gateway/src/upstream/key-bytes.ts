import { randomFillSync } from "node:crypto";

/** Bytes that are drawn at a time: asking for a few is as dear as asking for many. */
const drawn = Buffer.alloc(4096);
let at = drawn.length;

/** Random bytes for one key, given out once and kept nowhere. */
export function keyBytes(length: number): Buffer {
  if (at + length > drawn.length) {
    randomFillSync(drawn);
    at = 0;
  }
  const bytes = Buffer.from(drawn.subarray(at, at + length));
  drawn.fill(0, at, at + length);
  at += length;
  return bytes;
}
