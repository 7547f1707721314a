import { startPostgres } from "@sallyport/testkit";
import type { PostgresTls, TestPostgres } from "@sallyport/testkit";
import { pgbench } from "../load/pgbench.ts";
import { app, database, guest, serverOnly } from "./world.ts";
import type { AppSecret } from "./world.ts";

/** The role that reads the catalogue for the gateway, as `sallyport init --catalog-sql` has it. */
export const catalogRole = "sallyport";

/** Rows of pgbench's tables: 100,000 for each. */
const scale = 5;

export interface ServerMaking {
  readonly hba: string;
  readonly secret: AppSecret;
  readonly tls: PostgresTls;
}

/** A PostgreSQL 18 on TCP and a Unix socket, by which all roles come in without a question: the way upstream. */
export async function startServer({ hba, secret, tls }: ServerMaking): Promise<TestPostgres> {
  const server = await startPostgres({
    tcp: true,
    hba: serverOnly + hba,
    ssl: tls,
    settings: {
      max_connections: "300",
      log_connections: "on",
      log_disconnections: "on",
      log_line_prefix: "%m [%p] ",
    },
  });
  try {
    await fill(server, secret);
  } catch (error) {
    await server.stop("immediate");
    throw error;
  }
  return server;
}

async function fill(server: TestPostgres, secret: AppSecret): Promise<void> {
  await run(server, "postgres", [
    `create role ${guest} login`,
    `create role ${app} login password '${secret.stored}'`,
    `create role ${catalogRole} login`,
    `create database ${database}`,
  ]);
  const place = { host: server.socketDirectory, port: server.port, user: server.superuser };
  await pgbench(place, ["--initialize", "--init-steps=dtGvp", `--scale=${scale}`, "--quiet"]);
  await run(server, database, [
    `grant select (rolname, rolpassword) on pg_authid to ${catalogRole}`,
    "grant all on all tables in schema public to public",
    "checkpoint",
  ]);
}

/** Each statement by itself. */
async function run(server: TestPostgres, database: string, statements: readonly string[]): Promise<void> {
  const commands = statements.flatMap((sql) => ["-c", sql]);
  const { status, stderr } = await server.psql(["-v", "ON_ERROR_STOP=1", "-d", database, ...commands]);
  if (status !== 0) throw new Error(stderr);
}
