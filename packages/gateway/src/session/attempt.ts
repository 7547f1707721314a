import type { Attempt } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";
import type { Peer } from "../log/index.ts";

/** Who wants in, from where, to what: the startup packet, the socket's own address, and whether there is TLS. */
export function attemptOf(
  { user, database, replication }: StartupPacket,
  { host, port }: Peer,
  ssl: boolean,
): Attempt {
  return { user, database, replication, address: port === null ? null : host, ssl };
}
