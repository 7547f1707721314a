/** MD5 passwords: still in old clusters, deprecated in PostgreSQL 18. */
import { createHash, timingSafeEqual } from "node:crypto";

/** The digest of a stored MD5 password: MD5 of password and role name, 32 hexadecimal digits. */
export function md5Digest(password: string, user: string): string {
  return md5(password + user);
}

/**
 * A client's answer to an MD5 challenge: `md5` and 32 digits.
 *
 * @param digest of the stored password
 * @param salt the four bytes of AuthenticationMD5Password
 */
export function md5Response(digest: string, salt: Buffer): string {
  return `md5${md5(digest + salt.toString("latin1"))}`;
}

/** Whether `response` answers the challenge, in constant time. */
export function verifyMd5Response(response: string, digest: string, salt: Buffer): boolean {
  const expected = Buffer.from(md5Response(digest, salt), "latin1");
  const received = Buffer.from(response, "latin1");
  return received.length === expected.length && timingSafeEqual(received, expected);
}

/** Whether a password in clear text is the one behind a digest, in constant time. */
export function verifyMd5Password(password: string, user: string, digest: string): boolean {
  const expected = Buffer.from(digest, "latin1");
  const received = Buffer.from(md5Digest(password, user), "latin1");
  return received.length === expected.length && timingSafeEqual(received, expected);
}

function md5(bytes: string): string {
  return createHash("md5").update(bytes, "latin1").digest("hex");
}
