import type { Bytes } from "@sallyport/policy";
import { loadedLibc } from "./support.ts";
import { encodeUnixAddress, unixFamily } from "./unix-address.ts";

/** `SOCK_DGRAM | SOCK_CLOEXEC`, and `MSG_DONTWAIT | MSG_NOSIGNAL` (`<asm-generic/socket.h>`, `<linux/socket.h>`). */
const datagram = 0x2 | 0x8_0000;
const withoutWaiting = 0x40 | 0x4000;

/**
 * Sends a message to a service manager, in the form of sd_notify(3): lines `NAME=value`. Never waits: a service
 * manager that does not read loses it.
 *
 * @param address what `NOTIFY_SOCKET` says: a path, or `@name` for an abstract address
 * @returns null: it is sent; else why not
 */
export function notify(address: Bytes, message: string): string | null {
  const libc = loadedLibc();
  if (libc === null) return "not supported on this platform";
  const to = encodeUnixAddress(address);
  if (to === null) return `"${address}" is not the address of a Unix socket`;
  const fd = libc.socket(unixFamily, datagram, 0);
  if (fd < 0) return libc.strerror(libc.errno());
  const bytes = Buffer.from(message, "utf8");
  const sent = libc.sendto(fd, bytes, bytes.length, withoutWaiting, to, to.length);
  const errno = libc.errno();
  libc.close(fd);
  return sent === bytes.length ? null : libc.strerror(errno);
}
