import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, freePort, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TestPostgres } from "@sallyport/testkit";
import { debianPrograms } from "./clients/libpq.ts";
import { environment } from "./clients/psql.ts";
import { run, setUp, startGate, until } from "./gate.ts";
import type { TestGate } from "./gate.ts";

// Debian's programs, which copy from a server of their own major only.

const hba = `host replication repl all scram-sha-256
host shop repl,app all scram-sha-256
`;
const roles = [...setUp, "create role repl login replication password 'repl-secret'"];
const trusting = "local all all trust\nlocal replication all trust\n";
const inShop = ["-d", "shop", "-c"];

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({ major: 15, hba: trusting, settings: { wal_level: "logical" } });
  await run(server, roles);
  await server.psql([...inShop, "create table t as select n from generate_series(1, 1000) n"]);
});

afterAll(async () => {
  await server?.stop();
});

function loginOf(port: number): NodeJS.ProcessEnv {
  const login = { host: "127.0.0.1", port, user: "repl", database: "shop", password: "repl-secret" };
  return { ...environment(login), PGDATABASE: undefined };
}

async function program(name: string, gate: TestGate, args: readonly string[]): Promise<CommandResult> {
  const env = loginOf(gate.port);
  return await command(join(debianPrograms, name), args, { env, timeoutMs: 50_000 });
}

async function walsenders(of = server): Promise<string> {
  return await run(of, ["select count(*) from pg_stat_replication"]);
}

describe("physical replication", () => {
  test.for(["stream", "fetch"] as const)("pg_basebackup -X %s: what it takes starts", async (wal) => {
    await using gate = await startGate(server, { hba });
    await using room = await tempDirectory();
    const directory = join(room.path, "backup");
    const taken = await program("pg_basebackup", gate, ["-D", directory, "-X", wal, "-c", "fast"]);
    expect(taken).toEqual({ status: 0, stdout: "", stderr: "" });
    await using copy = await startPostgres({ major: 15, cluster: directory });
    const count = await copy.psql([...inShop, "select count(*), sum(n) from t"]);
    expect(count.stdout).toBe("1000|500500\n");
    expect(await gate.logged("replication connection authorized: user=repl")).toContain(
      "application_name=pg_basebackup",
    );
  });

  test("without a rule for it nobody comes in, in PostgreSQL's words", async () => {
    await using gate = await startGate(server, { hba: "host all repl all scram-sha-256\n" });
    await using room = await tempDirectory();
    const { status, stderr } = await program("pg_basebackup", gate, ["-D", join(room.path, "backup")]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'FATAL:  no pg_hba.conf entry for replication connection from host "127.0.0.1", user "repl", no encryption',
    );
  });

  test("pg_receivewal takes no slot, keeps no smart stop waiting, and comes again after a restart", async () => {
    await using room = await tempDirectory();
    const [port, slots] = [await freePort(), "max_connections = 1\nsuperuser_reserved_connections = 0\n"];
    const gate = await startGate(server, { hba, port, conf: `${slots}shutdown_timeout = 60s\n` });
    await using receiver = receiveWal(port, room.path);
    await until("a walsender", async () => (await walsenders()) === "1");
    expect(await gate.psql("app", ["-c", "select 'regular'"])).toMatchObject({ stdout: "regular\n" });
    await expectNextSegment(room.path);

    const began = performance.now();
    await gate.gateway.stop("smart");
    expect(performance.now() - began).toBeLessThan(30_000);
    await gate[Symbol.asyncDispose]();
    await until("no walsender", async () => (await walsenders()) === "0");
    expect(receiver.complaints()).toContain("terminating connection due to administrator command");

    await using again = await startGate(server, { hba, port });
    await again.logged("replication connection authorized");
    await expectNextSegment(room.path);
  });
});

interface Receiver extends AsyncDisposable {
  readonly complaints: () => string;
}

function receiveWal(port: number, directory: string): Receiver {
  const child: ChildProcess = spawn(join(debianPrograms, "pg_receivewal"), ["-D", directory], {
    cwd: "/",
    env: loginOf(port),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  return {
    complaints: () => complaints,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, "exit");
      child.kill("SIGINT");
      await exited;
    },
  };
}

/** A segment of WAL that ends now arrives, byte for byte. */
async function expectNextSegment(directory: string): Promise<void> {
  const [name = ""] = (
    await run(server, [
      "create table if not exists w (n int)",
      "insert into w select generate_series(1, 1000)",
      "select pg_walfile_name(pg_switch_wal())",
    ])
  )
    .split("\n")
    .slice(-1);
  await until(`segment ${name}`, async () => (await readdir(directory)).includes(name));
  const theirs = await readFile(join(server.paths.dataDirectory, "pg_wal", name));
  expect((await readFile(join(directory, name))).equals(theirs)).toBe(true);
}

describe("logical replication", () => {
  test("pg_recvlogical, by the lines of its database", async () => {
    await using gate = await startGate(server, { hba });
    const receive = async (...args: string[]): Promise<string> => {
      const result = await program("pg_recvlogical", gate, ["-d", "shop", "--slot", "s", ...args]);
      expect([result.status, result.stderr]).toEqual([0, ""]);
      return result.stdout;
    };
    await server.psql([...inShop, "create publication all_of_it for table t"]);
    await receive("--create-slot", "-P", "pgoutput");
    await server.psql([...inShop, "insert into t values (77777)"]);
    const end = await run(server, ["select pg_current_wal_insert_lsn()"]);
    const options = ["-o", "proto_version=1", "-o", "publication_names=all_of_it"];
    const changes = await receive("--start", "--no-loop", "--endpos", end, "-f", "-", ...options);
    expect(changes).toContain("77777");
    await receive("--drop-slot");
    await server.psql([...inShop, "delete from t where n = 77777", "-c", "drop publication all_of_it"]);
    await gate.logged("replication connection authorized: user=repl application_name=pg_recvlogical");
  });

  test("a subscription between two servers, whose publisher restarts", async () => {
    const settings = { wal_level: "logical", wal_retrieve_retry_interval: "200ms" };
    await using publisher = await startPostgres({ hba: trusting, settings });
    await using subscriber = await startPostgres({ settings });
    await run(publisher, roles);
    const onPublisher = async (sql: string): Promise<void> => {
      expect((await publisher.psql([...inShop, sql])).stderr).toBe("");
    };
    await onPublisher("create table item (n int primary key)");
    await onPublisher("grant select on item to repl");
    await onPublisher("insert into item select generate_series(1, 500)");
    await onPublisher("create publication items for table item");
    await using gate = await startGate(publisher, { hba });
    const conninfo = `host=127.0.0.1 port=${gate.port} user=repl password=repl-secret dbname=shop`;
    await run(subscriber, [
      "create table item (n int primary key)",
      `create subscription items connection '${conninfo}' publication items`,
    ]);
    const arrived = async (count: number): Promise<void> => {
      await until(`${count} rows`, async () => {
        return (await run(subscriber, ["select count(*) from item"])) === String(count);
      });
    };
    await arrived(500);
    await onPublisher("insert into item select generate_series(501, 1000)");
    await arrived(1000);

    await publisher.down("fast");
    await publisher.up();
    await onPublisher("insert into item select generate_series(1001, 1500)");
    await arrived(1500);

    await publisher.down("kill");
    await publisher.up();
    await onPublisher("insert into item select generate_series(1501, 2000)");
    await arrived(2000);
    await run(subscriber, ["drop subscription items"]);
    await until("no walsender", async () => (await walsenders(publisher)) === "0");
  });
});
