/** From a password to its secret: the slow way, on purpose, and therefore bounded. */
import { WireError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { SecretBytes } from "../secret.ts";
import { equal, scramKeys } from "./keys.ts";
import { saltedPassword } from "./salted-password.ts";
import type { ScramSecret } from "./secret.ts";
import { Turnstile } from "../frame/turnstile.ts";

/**
 * The most iterations that a password in clear text is held against: less than a second of one core, and 244 times
 * PostgreSQL's default. Who sets a password chooses the number, up to two billion, and then every attempt at that
 * role would keep a thread for many minutes.
 */
export const MAX_SECRET_ITERATIONS = 1_000_000;

/** Half of libuv's threads: files and host names do not wait behind the passwords of strangers. */
const turnstile = new Turnstile(2);

export interface DerivationOptions {
  /** Ends the wait; what a thread has begun it still finishes, and others wait for that. */
  readonly signal?: AbortSignal;
  /** For whose password, so that a role whose secret is slow keeps no other waiting for long. */
  readonly role?: string;
}

/**
 * A new secret for a password.
 *
 * @param password already normalised (`normalizePassword`)
 * @param salt 16 random bytes in PostgreSQL
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function buildScramSecret(
  password: Buffer,
  salt: Buffer,
  iterations: number,
  { signal, role }: DerivationOptions = {},
): Promise<ScramSecret> {
  const salted = await saltedPassword(password, salt, iterations, turnstile, signal, role);
  const keys = scramKeys(salted);
  return { iterations, salt: encodeBase64(salt), storedKey: keys.storedKey, serverKey: keys.serverKey };
}

/** What a password is to a secret. */
export interface ProvedPassword {
  /** It is the one behind it. */
  readonly proved: boolean;
  /** For whoever asked, who wipes it. Null: it is not the password, or the secret's two keys do not belong together. */
  readonly clientKey: SecretBytes | null;
}

/** As `proveScramPassword`, for those who want to know no more than that. */
export async function verifyScramPassword(
  password: Buffer,
  secret: ScramSecret,
  options: DerivationOptions = {},
): Promise<boolean> {
  const { proved, clientKey } = await proveScramPassword(password, secret, options);
  clientKey?.wipe();
  return proved;
}

/**
 * Whether `password` (normalised) is the one behind `secret`: for clients that send it in clear text. Two such
 * computations run at a time, and the roles for which others wait take turns.
 *
 * Like PostgreSQL it looks at the ServerKey only, and takes fewer iterations than one for one. A mock secret takes as
 * long as any other with its number of iterations, and has no password.
 *
 * @throws {WireError} `not_supported` if the secret has more than {@link MAX_SECRET_ITERATIONS}: for the log, not the
 * client; `timeout` or `aborted`, by the signal
 */
export async function proveScramPassword(
  password: Buffer,
  secret: ScramSecret,
  { signal, role }: DerivationOptions = {},
): Promise<ProvedPassword> {
  const salt = decodeBase64(secret.salt);
  if (salt === null) {
    return { proved: false, clientKey: null };
  }
  if (secret.iterations > MAX_SECRET_ITERATIONS) {
    throw new WireError(
      "not_supported",
      `the SCRAM secret has ${secret.iterations} iterations, where at most ${MAX_SECRET_ITERATIONS} are computed`,
    );
  }
  const iterations = Math.max(secret.iterations, 1);
  const salted = await saltedPassword(password, salt, iterations, turnstile, signal, role);
  const keys = scramKeys(salted);
  salted.fill(0);
  const proved = equal(keys.serverKey, secret.serverKey);
  if (proved && equal(keys.storedKey, secret.storedKey)) {
    return { proved, clientKey: new SecretBytes(keys.clientKey) };
  }
  keys.clientKey.fill(0);
  return { proved, clientKey: null };
}
