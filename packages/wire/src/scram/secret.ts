/** Stored passwords as `pg_authid.rolpassword` has them: recognition exactly as PostgreSQL 18's. */
import { createHash } from "node:crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { KEY_LENGTH } from "./keys.ts";

/** What a server keeps instead of a password. */
export interface ScramSecret {
  /** As the server's `int` has it: hand-made secrets may hold 0 or less. */
  readonly iterations: number;
  /** In base64, just as stored: the server sends it on as it is. */
  readonly salt: string;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** A stored password by its kind. `plaintext` cannot be stored by PostgreSQL; it stands for "not recognised". */
export type StoredPassword =
  | { readonly kind: "scram-sha-256"; readonly secret: ScramSecret }
  /** 32 lower-case hexadecimal digits: MD5 of password and role name. */
  | { readonly kind: "md5"; readonly digest: string }
  | { readonly kind: "plaintext" };

export function parseStoredPassword(text: string): StoredPassword {
  const md5 = /^md5([0-9a-f]{32})$/.exec(text);
  if (md5?.[1] !== undefined) {
    return { kind: "md5", digest: md5[1] };
  }
  const secret = parseScramSecret(text);
  return secret === null ? { kind: "plaintext" } : { kind: "scram-sha-256", secret };
}

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, or null. */
export function parseScramSecret(text: string): ScramSecret | null {
  const fields = /^SCRAM-SHA-256\$([^:]*):([^$]*)\$([^:]*):([^]*)$/.exec(text);
  const [, count = "", salt = "", stored = "", server = ""] = fields ?? [];
  const iterations = parseIterations(count);
  const storedKey = decodeBase64(stored);
  const serverKey = decodeBase64(server);
  if (
    fields === null ||
    iterations === null ||
    decodeBase64(salt) === null ||
    storedKey?.length !== KEY_LENGTH ||
    serverKey?.length !== KEY_LENGTH
  ) {
    return null;
  }
  return { iterations, salt, storedKey, serverKey };
}

export function formatScramSecret(secret: ScramSecret): string {
  const keys = `${encodeBase64(secret.storedKey)}:${encodeBase64(secret.serverKey)}`;
  return `SCRAM-SHA-256$${secret.iterations}:${secret.salt}$${keys}`;
}

/**
 * The number as C's `strtol` reads it, into an `int`: white space and a sign may precede it, nothing may follow,
 * an empty field is 0, and what a `long` cannot hold is an error.
 */
function parseIterations(text: string): number | null {
  if (text === "") {
    return 0;
  }
  const digits = /^[\t\n\v\f\r ]*([+-]?\d{1,400})$/.exec(text)?.[1];
  if (digits === undefined) {
    return null;
  }
  const value = BigInt(digits.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? Number(BigInt.asIntN(32, value)) : null;
}

/**
 * The secret to run the exchange with when there is none (unknown role, no password, expired, MD5): to the client
 * it looks like any other. The salt is constant per name and differs from cluster to cluster; the keys are zero,
 * so proofs cost the same time to check. The exchange must also be `doomed`.
 *
 * @param user the role name of the startup packet
 * @param nonce 32 random bytes, kept for good
 */
export function mockScramSecret(user: string, nonce: Buffer, iterations: number): ScramSecret {
  const salt = createHash("sha256").update(user, "latin1").update(nonce).digest().subarray(0, 16);
  const zero = Buffer.alloc(KEY_LENGTH);
  return { iterations, salt: encodeBase64(salt), storedKey: zero, serverKey: zero };
}
