import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { debianPrograms, libpq15, libpq18 } from "./clients/libpq.ts";
import { environment } from "./clients/psql.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ settings: { wal_level: "logical" } });
  await run(server, [...setUp, "create role copier login replication password 'copier-secret'"]);
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n" });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe.for([libpq15, libpq18])("pg_recvlogical with $name", (libpq) => {
  test("copies both ways at once: it receives changes and says how far it has come", async () => {
    const login = { host: "127.0.0.1", port: gate.port, user: "copier", database: "shop" };
    const env = { ...environment({ ...login, password: "copier-secret" }), ...libpq.environment };
    const receive = async (...args: string[]): Promise<string> => {
      const all = ["-d", "shop", "--slot", "s", ...args];
      const { status, stdout, stderr } = await command(join(debianPrograms, "pg_recvlogical"), all, { env });
      expect([status, stderr]).toEqual([0, ""]);
      return stdout;
    };
    const inShop = ["-d", "shop", "-c"];
    await server.psql([...inShop, "create table t (v text)", "-c", "create publication p for table t"]);
    await receive("--create-slot", "-P", "pgoutput");
    await server.psql([...inShop, "insert into t select 'row ' || n from generate_series(1, 1000) n"]);
    const end = await run(server, ["select pg_current_wal_insert_lsn()"]);
    const publication = ["-o", "proto_version=1", "-o", "publication_names=p"];
    const changes = await receive("--start", "--no-loop", "--endpos", end, "-f", "-", ...publication);
    expect(changes.match(/row \d+/g)).toEqual(Array.from({ length: 1000 }, (_, n) => `row ${n + 1}`));
    const confirmed = `select confirmed_flush_lsn >= '${end}' from pg_replication_slots`;
    expect(await run(server, [confirmed])).toBe("t");
    await receive("--drop-slot");
    await server.psql([...inShop, "drop table t cascade", "-c", "drop publication p"]);
  });
});
