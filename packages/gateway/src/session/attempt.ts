import type { Attempt } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";
import type { Line } from "../doorstep/line.ts";
import type { Peer } from "../log/index.ts";

/** Who wants in, from where, to what: the startup packet, the socket's own address, and what encrypts the connection. */
export function attemptOf(
  { user, database, replication }: StartupPacket,
  { host, port }: Peer,
  { tls, gss }: Pick<Line, "tls" | "gss">,
): Attempt {
  const address = port === null ? null : host;
  return { user, database, replication, address, ssl: tls !== null, gssenc: gss !== null };
}
