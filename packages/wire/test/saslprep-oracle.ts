/** What PostgreSQL makes of passwords: it stores them, one after the other, and we compare. */
import { startPostgres } from "@sallyport/testkit";
import {
  buildScramSecret,
  connect,
  formatScramSecret,
  normalizePassword,
  parseScramSecret,
  toBuffer,
} from "../src/index.ts";

export interface Oracle extends AsyncDisposable {
  /** The passwords, as byte strings in hexadecimal, whose secrets ours would not equal; none may hold a NUL. */
  readonly differing: (passwords: readonly string[]) => Promise<readonly string[]>;
}

/** Passwords a round trip. */
const BATCH = 200;

// The database's encoding has no say in SASLprep, and SQL_ASCII lets every byte through.
const SETUP = "create database bytes encoding 'SQL_ASCII' locale 'C' template template0";
const STORE = `
  create role prepared;
  create function store(passwords text) returns setof text language plpgsql as $$
    declare
      hex text;
    begin
      foreach hex in array string_to_array(passwords, ',') loop
        execute format('alter role prepared password %L', convert_from(decode(hex, 'hex'), 'SQL_ASCII'));
        return next (select rolpassword from pg_authid where rolname = 'prepared');
      end loop;
    end $$`;

export async function startOracle(): Promise<Oracle> {
  const server = await startPostgres({ settings: { scram_iterations: "1" } });
  const hosts = [{ host: server.socketDirectory, port: server.port }];
  const admin = await connect({ hosts, user: server.superuser, database: "postgres" });
  await admin.simpleQuery(SETUP);
  await admin.close();
  const client = await connect({ hosts, user: server.superuser, database: "bytes" });
  await client.simpleQuery(STORE);
  return {
    async differing(passwords) {
      const differing: string[] = [];
      for (let start = 0; start < passwords.length; start += BATCH) {
        const batch = passwords.slice(start, start + BATCH);
        const hex = batch.map((password) => toBuffer(password).toString("hex"));
        const { rows } = await client.query("select store($1)", [hex.join(",")]);
        const equal = await Promise.all(
          batch.map(async (password, index) => await isStoredAs(password, rows[index]?.[0] ?? "")),
        );
        differing.push(...hex.filter((_, index) => equal[index] !== true));
      }
      return differing;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

async function isStoredAs(password: string, stored: string): Promise<boolean> {
  const secret = parseScramSecret(stored);
  if (secret === null) {
    return false;
  }
  const salt = Buffer.from(secret.salt, "base64");
  return formatScramSecret(await buildScramSecret(normalizePassword(password), salt, 1)) === stored;
}
