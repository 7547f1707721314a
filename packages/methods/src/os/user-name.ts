import type { Bytes } from "@sallyport/policy";
import { lookUp } from "./look-up.ts";
import { loadedLibc } from "./support.ts";

/** A user's name, or the line for the log that PostgreSQL writes when it cannot be had. */
export type UserName = { readonly name: Bytes } | { readonly error: Bytes };

/**
 * How a user of the operating system is called (getpwuid_r(3)), off the event loop.
 *
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function userName(uid: number, signal: AbortSignal): Promise<UserName> {
  const libc = loadedLibc();
  if (libc === null) return { error: "peer authentication is not supported on this platform" };
  const user = await lookUp(libc, libc.getpwuid_r, uid, signal);
  if (user.kind === "none") return { error: `local user with ID ${uid} does not exist` };
  if (user.kind === "error") return { error: couldNotLookUp(uid, user.reason) };
  const name = user.text(user.entry.pw_name);
  return name === null ? { error: couldNotLookUp(uid, "the name service broke its contract") } : { name };
}

function couldNotLookUp(uid: number, reason: Bytes): Bytes {
  return `could not look up local user ID ${uid}: ${reason}`;
}
