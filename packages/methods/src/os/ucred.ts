import type { Libc } from "./libc.ts";

/** The process that connected, as the kernel noted it at that moment. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** `<asm-generic/socket.h>`. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** `(uid_t) -1`: who a TCP connection says is at its other end. */
const noUser = 0xffff_ffff;

/** Reads a `struct ucred` (unix(7)). Null if the descriptor is not that of a Unix socket with somebody behind it. */
export function readCredentials(libc: Libc, fd: number): PeerCredentials | null {
  const ucred = new Uint32Array(3);
  const length: [number] = [ucred.byteLength];
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, length) !== 0) return null;
  const [pid = 0, uid = noUser, gid = 0] = ucred;
  return uid === noUser || length[0] !== ucred.byteLength ? null : { pid, uid, gid };
}
