import type { Bytes, Ip } from "@sallyport/policy";
import type { Libc } from "./libc.ts";
import { loadedLibc } from "./support.ts";
import { unixAddress, unixFamily } from "./unix-address.ts";

/** A stream socket on which somebody listens already. */
export type ListeningSocket =
  | {
      readonly kind: "tcp";
      readonly family: "IPv4" | "IPv6";
      readonly ip: Ip;
      readonly port: number;
      /** An IPv6 socket to which clients of IPv4 come, too, as `::ffff:a.b.c.d` (ipv6(7), `IPV6_V6ONLY`). */
      readonly dualStack: boolean;
    }
  | {
      readonly kind: "unix";
      /** `@name` of an abstract address. */
      readonly path: Bytes;
    };

/** `<asm-generic/socket.h>`, `<linux/in6.h>`, `<linux/socket.h>`. */
const [SOL_SOCKET, SO_TYPE, SO_ACCEPTCONN, SO_PROTOCOL] = [1, 3, 30, 38];
const [IPPROTO_IPV6, IPV6_V6ONLY] = [41, 26];
const [AF_INET, AF_INET6] = [2, 10];
const [SOCK_STREAM, IPPROTO_TCP] = [1, 6];

/** `sizeof(struct sockaddr_storage)`. */
const addressRoom = 128;

/**
 * What a descriptor is that somebody else opened and gave to us; the error says why nobody can be let in by it.
 * Answers nothing before `loadOs`.
 */
export function listeningSocket(fd: number): ListeningSocket | { readonly error: string } {
  const libc = loadedLibc();
  if (libc === null) return { error: "not supported on this platform" };
  const type = option(libc, fd, SOL_SOCKET, SO_TYPE);
  if (type === null) return { error: libc.strerror(libc.errno()) };
  if (type !== SOCK_STREAM) return { error: "it is not a stream socket" };
  if (option(libc, fd, SOL_SOCKET, SO_ACCEPTCONN) !== 1) return { error: "nobody listens on it" };

  const room = new Uint8Array(addressRoom);
  const length: [number] = [room.length];
  if (libc.getsockname(fd, room, length) !== 0) return { error: libc.strerror(libc.errno()) };
  const address = room.subarray(0, length[0]);
  const family = new Uint16Array(room.buffer, 0, 1)[0];
  if (family === unixFamily) {
    const path = unixAddress(address);
    return path === null ? { error: "it has no address" } : { kind: "unix", path };
  }
  const isTcp = option(libc, fd, SOL_SOCKET, SO_PROTOCOL) === IPPROTO_TCP;
  if (!isTcp || (family !== AF_INET && family !== AF_INET6)) {
    return { error: "it is neither a TCP nor a Unix socket" };
  }
  return tcpSocket(address, family === AF_INET6, option(libc, fd, IPPROTO_IPV6, IPV6_V6ONLY) === 1);
}

/** Family, port, address; of IPv6 with a flow label between the last two (ip(7), ipv6(7)). */
function tcpSocket(address: Uint8Array, isIpv6: boolean, onlyIpv6: boolean): ListeningSocket {
  const port = new DataView(address.buffer).getUint16(2);
  if (!isIpv6) {
    return { kind: "tcp", family: "IPv4", ip: ipOf(address.subarray(4, 8)), port, dualStack: false };
  }
  const ip = address.subarray(8, 24);
  const anybody = ip.every((byte) => byte === 0);
  const mapped = ip.subarray(0, 10).every((byte) => byte === 0) && ip[10] === 0xff && ip[11] === 0xff;
  const dualStack = !onlyIpv6 && (anybody || mapped);
  return { kind: "tcp", family: "IPv6", ip: ipOf(ip), port, dualStack };
}

function ipOf(bytes: Uint8Array): Ip {
  return Buffer.from(bytes).toString("latin1");
}

function option(libc: Libc, fd: number, level: number, name: number): number | null {
  const value = new Uint32Array(1);
  return libc.getsockopt(fd, level, name, value, [value.byteLength]) === 0 ? (value[0] ?? null) : null;
}
