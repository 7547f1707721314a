import { fromUnicode, isValidUtf8, toBuffer, toUnicode } from "../byte-string.ts";
import { saslprep } from "./saslprep.ts";

const ABOVE_ASCII = /[\u0080-\uFFFF]/;

/**
 * A password as SCRAM hashes it (RFC 5802, `Normalize`), exactly as PostgreSQL 18 does it: ASCII as it is, control
 * characters included; UTF-8 by SASLprep; whatever SASLprep prohibits, and whatever is no UTF-8, as its raw bytes.
 *
 * @param password a byte string
 */
export function normalizePassword(password: string): Buffer {
  if (!ABOVE_ASCII.test(password) || !isValidUtf8(password)) {
    return toBuffer(password);
  }
  const prepared = saslprep(toUnicode(password));
  return toBuffer(prepared === null ? password : fromUnicode(prepared));
}
