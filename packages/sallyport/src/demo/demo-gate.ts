import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { buildScramSecret, formatScramSecret } from "@sallyport/wire";
import { asSuperuser, startEmbeddedUpstream } from "../gate/embedded-upstream.ts";
import { alreadyThere, writeGateFiles } from "../gate/gate-files.ts";

/** The roles of a demo gate: one who gets in, and one whom pg_hba.conf rejects. */
const demoRoles = ["app", "intern"] as const;

export const demoDatabase = "shop";

export interface MadeGate {
  readonly databaseVersion: string;
}

/**
 * Makes a gate with an embedded PostgreSQL, two roles with fresh passwords and a small database. It is made aside
 * and gets its name when it is whole: one that was interrupted is never taken for a gate.
 */
export async function makeDemoGate(
  directory: string,
  port: number,
  log: (line: string) => void,
): Promise<MadeGate> {
  if (existsSync(directory)) throw alreadyThere(directory);
  const aside = `${directory}.unfinished-${process.pid}`;
  try {
    const made = await fillDemoGate(aside, port, log);
    await rename(aside, directory);
    return made;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function fillDemoGate(directory: string, port: number, log: (line: string) => void): Promise<MadeGate> {
  const socketDirectory = join(tmpdir(), `sallyport-${userInfo().uid}`);
  await writeGateFiles(directory, { upstream: "embedded", port, socketDirectory, demo: true });
  const { server } = await startEmbeddedUpstream(directory, log);
  try {
    const passwords = demoRoles.map((role) => ({ role, password: randomBytes(18).toString("base64url") }));
    const statements = await Promise.all(passwords.map(createRole));
    await asSuperuser(server, "postgres", async (client) => {
      for (const statement of statements) await client.simpleQuery(statement);
      await client.simpleQuery(`create database ${demoDatabase} owner app`);
    });
    await asSuperuser(server, demoDatabase, async (client) => {
      await client.simpleQuery(demoTable);
    });
    const lines = passwords.map(({ role, password }) => `*:*:*:${role}:${password}\n`);
    await writeFile(join(directory, "demo.pgpass"), lines.join(""), { mode: 0o600, flag: "wx" });
    return { databaseVersion: server.version };
  } finally {
    await server.stop("fast");
  }
}

const demoTable = `
create table product (name text primary key, price numeric(8, 2) not null);
insert into product values ('lantern', 24.90), ('rope', 12.50), ('whistle', 3.20);
alter table product owner to app`;

/** The password itself never reaches the server: it is given the secret, and stands in the passfile alone. */
async function createRole({ role, password }: { role: string; password: string }): Promise<string> {
  const secret = await buildScramSecret(Buffer.from(password), randomBytes(16), 4096);
  return `create role ${role} login password '${formatScramSecret(secret)}'`;
}
