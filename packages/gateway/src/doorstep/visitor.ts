import type { Socket } from "node:net";
import { parseClientAddress } from "@sallyport/policy";
import type { PeerCredentials } from "@sallyport/methods/os";
import type { ProxyEndpoint } from "@sallyport/wire";
import type { Peer } from "../log/index.ts";
import { peerCredentialsOf } from "./peer-credentials.ts";

/** Somebody at the door, of whom is known what the operating system tells. */
export interface Visitor {
  readonly socket: Socket;
  /** The other end, as the log names it. */
  readonly peer: Peer;
  /** Who is behind a Unix socket, as the kernel noted it when the client connected; null: TCP, or not told. */
  readonly credentials: PeerCredentials | null;
  /** Who passes the connection on, and has said whose it is; null: it comes by itself. */
  readonly proxy: Peer | null;
  /** Whom limits count it to: an address, of IPv6 the network of 64 bits, or the user behind a Unix socket. */
  readonly source: string;
}

/** Null if the client is gone already. */
export function visitorOf(socket: Socket, kind: "tcp" | "unix"): Visitor | null {
  if (kind === "unix") {
    const credentials = peerCredentialsOf(socket);
    const source = `uid ${credentials?.uid ?? "unknown"}`;
    return { socket, peer: { host: "[local]", port: null }, credentials, proxy: null, source };
  }
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return null;
  const peer = { host: remoteAddress, port: String(remotePort ?? "") };
  return { socket, peer, credentials: null, proxy: null, source: networkOf(remoteAddress) };
}

/** The visitor whom a proxy has introduced: nothing but the socket is the proxy's own. */
export function proxiedVisitor({ socket, peer: proxy }: Visitor, { address, port }: ProxyEndpoint): Visitor {
  const peer = { host: address, port: String(port) };
  return { socket, peer, credentials: null, proxy, source: networkOf(address) };
}

/** Whoever has an address of IPv6 has the 64 bits behind it, too. */
function networkOf(address: string): string {
  const ip = parseClientAddress(address)?.ip ?? address;
  return ip.length === 16 ? ip.slice(0, 8) : ip;
}
