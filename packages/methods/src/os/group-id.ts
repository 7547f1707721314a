import type { Bytes } from "@sallyport/policy";
import { lookUp } from "./look-up.ts";
import { loadedLibc } from "./support.ts";

/** `(gid_t) -1` leaves a group as it is. */
const largestGid = 0xffff_fffe;

/**
 * The number of a group, given as `unix_socket_group` gives it: what is wholly a number is one, anything else a name
 * (getgrnam_r(3)). The error is in PostgreSQL's words where it has them.
 *
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function groupId(
  group: Bytes,
  signal: AbortSignal,
): Promise<{ readonly gid: number } | { readonly error: Bytes }> {
  const doesNotExist = { error: `group "${group}" does not exist` };
  if (/^[ \t\n\v\f\r]*\+?\d+$/.test(group)) {
    const gid = Number(group);
    return gid <= largestGid ? { gid } : doesNotExist;
  }
  if (group.includes("\0")) return doesNotExist;

  const couldNotLookUp = (reason: Bytes) => ({ error: `could not look up group "${group}": ${reason}` });
  const libc = loadedLibc();
  if (libc === null) return couldNotLookUp("not supported on this platform");
  const found = await lookUp(libc, libc.getgrnam_r, Buffer.from(`${group}\0`, "latin1"), signal);
  if (found.kind === "none") return doesNotExist;
  return found.kind === "error" ? couldNotLookUp(found.reason) : { gid: found.entry.gr_gid };
}
