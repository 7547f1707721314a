import { lookup, lookupService } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { maskOf } from "@sallyport/policy";
import type { Facts, HostnameFact } from "@sallyport/policy";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { ip, membersOf } from "./support.ts";

/** The roles of the server, and what they are direct members of. Capitals are superusers, as in `rolesOf`. */
const members: Readonly<Record<string, readonly string[]>> = {
  ann: ["clerks"],
  bob: [],
  bryanh: [],
  carl: ["juniors"],
  clerks: [],
  guest1: [],
  juniors: ["clerks"],
  robert: [],
  support: [],
  tom: ["support"],
  CHIEF: ["clerks"],
  ROOT: [],
};

/** A PostgreSQL 18 with these roles, each with LOGIN and REPLICATION, and with databases to connect to. */
export async function startWithRoles(): Promise<TestPostgres> {
  const server = await startPostgres({ tcp: true });
  const statements = [
    ...Object.keys(members).map(
      (name) => `create role "${name}" login replication ${/^[A-Z]+$/.test(name) ? "superuser" : ""}`,
    ),
    ...Object.entries(members).flatMap(([name, groups]) =>
      groups.map((group) => `grant ${group} to "${name}"`),
    ),
    ...["ann", "clerks", "demo1", "sales", "closed"].map((name) => `create database ${name}`),
    "revoke connect on database closed from public",
    "alter role bob password 'right'",
  ];
  const { status, stderr } = await server.psql(statements.flatMap((statement) => ["-c", statement]));
  if (status === 0) return server;
  await server.stop();
  throw new Error(stderr);
}

/** Writes files and puts them in force. Without a map file there are no maps. */
export async function putInForce(
  server: TestPostgres,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries({ "pg_ident.conf": "", ...files })) {
    await server.writeFile(name, text);
  }
  const log = await server.reload();
  if (log.includes("was not reloaded")) throw new Error(log);
}

export interface Caller {
  readonly user: string;
  readonly database?: string;
  /** Absent: the socket. */
  readonly address?: "127.0.0.1" | "::1";
  readonly replication?: true;
  readonly password?: string;
}

/** Connects and says how it went: `in`, `asks for a password`, or the words of the FATAL. */
export async function connect(
  server: Pick<TestPostgres, "psql">,
  { user, database = "sales", address, replication, password }: Caller,
): Promise<string> {
  const conninfo = `dbname=${database}${replication ? " replication=true" : ""}`;
  const host = address === undefined ? [] : ["-h", address];
  const { status, stderr } = await server.psql(
    [...host, "-U", user, "-d", conninfo, "-c", replication ? "IDENTIFY_SYSTEM" : "select 1"],
    password === undefined ? {} : { env: { PGPASSWORD: password } },
  );
  if (status === 0) return "in";
  if (stderr.includes("no password supplied")) return "asks for a password";
  return /FATAL: {2}(.*)/.exec(stderr)?.[1] ?? stderr;
}

/** As whom the kernel knows us to the server, as its log tells after a peer line without a map. */
export async function osUserName(server: TestPostgres): Promise<string> {
  await putInForce(server, { "pg_hba.conf": "local all all peer\n" });
  await connect(server, { user: "guest1" });
  const name = /authenticated user name \((.*)\) do not match/.exec(await server.log())?.[1];
  if (name === undefined) throw new Error("the server did not say who we are");
  return name;
}

/** What the server can ask of its catalogue, its resolver and its interfaces when this caller comes. */
export async function factsFor({ address }: Caller): Promise<Facts> {
  const interfaces = Object.values(networkInterfaces())
    .flatMap((own) => own ?? [])
    .map(({ address, family, cidr }) => ({
      ip: ip(address.replace(/%.*/, "")),
      mask: cidr === null ? null : maskOf(Number(cidr.split("/")[1]), family === "IPv4" ? 4 : 6),
    }));
  const facts: Facts = { ...membersOf(members), interfaces };
  return address === undefined ? facts : { ...facts, hostname: await hostnameOf(address) };
}

async function hostnameOf(address: string): Promise<HostnameFact> {
  let name: string;
  try {
    name = (await lookupService(address, 0)).hostname;
  } catch (error) {
    return { name: null, error: String(error) };
  }
  const addresses = (await lookup(name, { all: true })).map((found) => ip(found.address));
  return { name, forward: { addresses } };
}
