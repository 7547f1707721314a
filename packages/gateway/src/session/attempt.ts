import type { Socket } from "node:net";
import type { Attempt } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";
import type { Peer } from "../log/index.ts";

/** The client's end, as the log names it. Null if the client is gone already. */
export function peerOf(socket: Socket, kind: "tcp" | "unix"): Peer | null {
  if (kind === "unix") return { host: "[local]", port: null };
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? null : { host: remoteAddress, port: String(remotePort ?? "") };
}

/** Who wants in, from where, to what: the startup packet and the socket's own address. */
export function attemptOf({ user, database, replication }: StartupPacket, { host, port }: Peer): Attempt {
  return { user, database, replication, address: port === null ? null : host };
}
