import type { TestPostgres } from "@sallyport/testkit";
import { connect, Secret } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { run, until } from "../gate.ts";
import type { TestGate } from "../gate.ts";

export interface GuestLogin {
  readonly user?: string;
  readonly database?: string;
  readonly password?: string;
  readonly parameters?: readonly (readonly [name: string, value: string])[];
}

/** A client of a gate, by TCP. */
export async function enter(gate: TestGate, login: GuestLogin = {}): Promise<Client> {
  const { user = "app", database = "shop", password = `${user}-secret`, parameters = [] } = login;
  const host = { host: "127.0.0.1", address: "127.0.0.1", port: gate.port, password: new Secret(password) };
  return await connect({
    hosts: [host],
    user,
    database,
    parameters,
    settings: new Map([["sslmode", "disable"]]),
  });
}

/** The first column of the first row. */
export async function ask(client: Client, sql: string): Promise<string | null> {
  const { rows } = await client.query(sql);
  return rows[0]?.[0] ?? null;
}

export async function pidOf(client: Client): Promise<string | null> {
  return await ask(client, "select pg_backend_pid()::text");
}

/** Everybody has left, and what they had is idle or closed. */
export async function atRest(gate: TestGate): Promise<void> {
  await until("all sessions upstream are at rest", () => gate.gateway.pool?.inUse === 0);
}

/** Comes, does something, leaves; returns the process of its backend, when that is idle or closed. */
export async function visit(
  gate: TestGate,
  login: GuestLogin = {},
  act: (client: Client) => Promise<unknown> = async () => await Promise.resolve(),
): Promise<string | null> {
  const client = await enter(gate, login);
  const pid = await pidOf(client);
  await act(client);
  await client.close();
  await atRest(gate);
  return pid;
}

/** What somebody may close to role `app` in the meantime, how that is undone, and what it hears then. */
export const closures = [
  ["LOGIN", "alter role app nologin", "alter role app login", "28000"],
  [
    "CONNECT",
    "revoke connect on database shop from public, app",
    "grant connect on database shop to public, app",
    "42501",
  ],
  [
    "ALLOW_CONNECTIONS",
    "alter database shop allow_connections false",
    "alter database shop allow_connections true",
    "55000",
  ],
  ["a limit above 0", "alter role app connection limit 0", "alter role app connection limit -1", "53300"],
] as const;

/** Comes, has something closed, comes again: how it is refused then, or the client that is in all the same. */
export async function comeAgain(
  gate: TestGate,
  server: TestPostgres,
  [, sql, undo]: (typeof closures)[number],
): Promise<unknown> {
  await visit(gate);
  await run(server, [sql]);
  const refusal: unknown = await enter(gate).catch((error: unknown) => error);
  await run(server, [undo]);
  return refusal;
}
