import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { KEY_LENGTH } from "./keys.ts";
import type { Turnstile } from "../frame/turnstile.ts";

const derive = promisify(pbkdf2);

/**
 * SaltedPassword (RFC 5802, section 3): made to be slow, so it is computed on libuv's thread pool, and only so many
 * at a time: the pool's four threads read files and look up names, too, and none can be stopped.
 *
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function saltedPassword(
  password: Buffer,
  salt: Buffer,
  iterations: number,
  turnstile: Turnstile,
  signal?: AbortSignal,
  whose?: string,
): Promise<Buffer> {
  const work = async () => await derive(password, salt, iterations, KEY_LENGTH, "sha256");
  return await turnstile.run(work, signal, whose);
}
