import { example201 } from "./examples.ts";
import type { Caller } from "./real-server.ts";

const ann: Caller = { user: "ann" };
const everywhere: readonly Caller[] = [
  ann,
  { user: "ann", address: "127.0.0.1" },
  { user: "ann", address: "::1" },
];

/** Callers over the socket, one a name. */
export function users(names: string, database = "sales"): Caller[] {
  return names.split(" ").map((user) => ({ user, database }));
}

/** What it is about, rules, and who calls under them. */
export const logins: readonly (readonly [title: string, hba: string, callers: readonly Caller[]])[] = [
  ["the socket", example201.socket, everywhere],
  ["IPv4 loopback", example201.loopback, everywhere],
  ["IPv4 loopback by mask", example201.loopbackByMask, everywhere],
  ["IPv6 loopback", example201.loopbackIpv6, everywhere],
  ["localhost", example201.localhost, everywhere],
  ["one's own database", example201.ownDatabases, [{ user: "ann", database: "ann" }, ann]],
  ["administrators", example201.ownDatabases, users("bob tom support ROOT")],
  ["both in one line", example201.combined, users("ann bob tom support ROOT")],
  ["lists of databases", example201.databaseList, [ann, { user: "ann", database: "demo1" }]],
  ["samerole", "local samerole all trust", users("ann carl clerks bob ROOT CHIEF", "clerks")],
  ["members", "local all +clerks trust", users("ann carl clerks bob ROOT CHIEF")],
  ["a quoted database", 'local "all" all trust\nlocal "replication" all trust', [ann]],
  ["a quoted user", 'local all "all" trust', [ann]],
  ["all", "local all all trust", [ann, { user: "ann", replication: true }]],
  ["replication", "local replication all trust", [ann, { user: "ann", replication: true }]],
  ["order", "local all ann reject\nlocal all all trust", users("ann bob")],
  ["mapped addresses", "host all all ::ffff:127.0.0.1/128 trust", everywhere],
  ["all of IPv4", "host all all 0.0.0.0/0 trust", everywhere],
  ["all of IPv6", "host all all ::0/0 trust", everywhere],
  ["host bits", "host all all 127.9.9.9/8 trust", everywhere],
  ["omitted zeroes", "host all all 127/8 trust", everywhere],
  ["samehost", "host all all samehost trust", everywhere],
  ["samenet", "host all all samenet trust", everywhere],
  ["all addresses", "host all all all trust", everywhere],
];
