import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sallyport } from "../../packages/sallyport/test/cli.ts";
import type { TestPostgres } from "@sallyport/testkit";

/** Makes what every gate here needs: the role of the catalogue session, and one that logs in; both with a password. */
export async function prepare(server: TestPostgres): Promise<void> {
  const statements = [
    "create role sallyport login password 'catalogue'",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role app login password 'app-secret'",
  ];
  const { status, stderr } = await server.psql(statements.flatMap((sql) => ["-c", sql]));
  if (status !== 0) throw new Error(stderr);
}

/** The connection string of the catalogue session. */
export function upstreamOf({ socketDirectory, port }: TestPostgres): string {
  return `host=${socketDirectory} port=${port} user=sallyport dbname=postgres`;
}

/** Makes a gate as a user does, with these rules. */
export async function makeGate(
  directory: string,
  server: TestPostgres,
  hba: string,
  ident = "",
): Promise<void> {
  const { status, stderr } = await sallyport(["init", "-D", directory, "--upstream", upstreamOf(server)]);
  if (status !== 0) throw new Error(stderr);
  await writeFile(join(directory, "pg_hba.conf"), hba);
  await writeFile(join(directory, "pg_ident.conf"), ident);
}
