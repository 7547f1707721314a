import { isValidUtf8, toBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";

const ABOVE_ASCII = /[\u0080-\uFFFF]/;

/**
 * A password as SCRAM hashes it. PostgreSQL applies SASLprep (RFC 4013), which leaves ASCII alone, and takes a
 * password that is not valid UTF-8 as its raw bytes. Anything else is refused here: a guess at the normal form
 * would be a password that works on one side only.
 *
 * @param password a byte string
 * @throws {WireError} `not_supported`
 */
export function normalizePassword(password: string): Buffer {
  if (!ABOVE_ASCII.test(password) || !isValidUtf8(password)) {
    return toBuffer(password);
  }
  throw new WireError(
    "not_supported",
    "passwords with non-ASCII characters are not supported by this build: SASLprep (RFC 4013) is missing",
  );
}
