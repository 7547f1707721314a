import { SocketAddress } from "node:net";

/** Of four octets. */
export function ipv4Text(octets: Buffer): string {
  return octets.join(".");
}

/** An address of IPv6 in the one form that the system gives it; of an IPv4 client, that came through a socket for both, IPv4's. */
export function ipv6Text(address: string): string {
  const text = new SocketAddress({ address, family: "ipv6" }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1] ?? text;
}

/** Of sixteen octets. */
export function ipv6OctetsText(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, n) => octets.readUInt16BE(2 * n).toString(16));
  return ipv6Text(groups.join(":"));
}
