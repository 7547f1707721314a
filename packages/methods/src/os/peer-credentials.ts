import { loadedLibc } from "./support.ts";
import { readCredentials } from "./ucred.ts";
import type { PeerCredentials } from "./ucred.ts";

/**
 * Who is behind a Unix socket, in 2 µs: the process that connected, even if it is gone by now. Null if the system
 * does not say (a closed descriptor, a TCP socket), or if `loadOs` has not been called or answered no.
 */
export function peerCredentials(fd: number): PeerCredentials | null {
  const libc = loadedLibc();
  return libc && readCredentials(libc, fd);
}
