import type { Bytes } from "@sallyport/policy";
import type { Gssapi, Out, OutBuffer } from "./bind.ts";

/** `GSS_C_GSS_CODE` and `GSS_C_MECH_CODE` (RFC 2744, 5.11). */
const [ofTheApi, ofTheMechanism] = [1, 2];

/** Bytes of each of the two texts, as PostgreSQL cuts them. */
const longest = 127;

/** The library gives its texts piece by piece; no more of them than this. */
const mostPieces = 16;

/** Calling and routine errors; what stands below them is information (RFC 2744, 3.9.1). */
const errorBits = 0xffff_0000;

export function isError(major: number): boolean {
  return (major & errorBits) !== 0;
}

/** What the library says of an error, as PostgreSQL logs it: the routine's text, then the mechanism's. */
export function statusText(gssapi: Gssapi, major: number, minor: number): Bytes {
  return `${textOf(gssapi, major, ofTheApi)}: ${textOf(gssapi, minor, ofTheMechanism)}`;
}

function textOf(gssapi: Gssapi, code: number, kind: number): Bytes {
  const pieces: Bytes[] = [];
  const context: Out = [0];
  do {
    const piece: OutBuffer = {};
    if (gssapi.displayStatus([0], code, kind, 0, context, piece) !== 0) break;
    pieces.push(taken(gssapi, piece).toString("latin1"));
  } while (context[0] !== 0 && pieces.length < mostPieces);
  return pieces.join(" ").slice(0, longest);
}

/** What the library has put into a buffer; its own memory is given back. */
export function taken(gssapi: Gssapi, buffer: OutBuffer): Buffer {
  const { length = 0, value = 0 } = buffer;
  if (BigInt(value) === 0n) return Buffer.of();
  try {
    return gssapi.copy(value, Number(length));
  } finally {
    gssapi.releaseBuffer([0], buffer);
  }
}
