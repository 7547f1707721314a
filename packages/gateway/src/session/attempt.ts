import type { Attempt } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";
import type { Peer } from "../log/index.ts";

/** Who wants in, from where, to what: the startup packet and the socket's own address. */
export function attemptOf({ user, database, replication }: StartupPacket, { host, port }: Peer): Attempt {
  return { user, database, replication, address: port === null ? null : host };
}
