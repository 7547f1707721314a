/** `requirepeer`: who must be at the other end of a Unix socket: manual, "Preventing Server Spoofing". */
import type { Socket } from "node:net";
import { WireError } from "../errors.ts";

/** The operating system's user at the other end of a Unix socket, a byte string; or why it cannot be had. */
export type PeerUser = (
  socket: Socket,
  signal: AbortSignal,
) => Promise<{ readonly name: string } | { readonly error: string }>;

/** @throws {WireError} `authentication_failed` in libpq's words, if it is somebody else */
export async function checkPeer(
  socket: Socket,
  required: string,
  peerUser: PeerUser,
  signal: AbortSignal,
): Promise<void> {
  const user = await peerUser(socket, signal);
  if ("error" in user) throw new WireError("authentication_failed", user.error);
  if (user.name !== required) {
    const reason = `requirepeer specifies "${required}", but actual peer user name is "${user.name}"`;
    throw new WireError("authentication_failed", reason);
  }
}
