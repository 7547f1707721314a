import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { connect, encodeStartupPacket, MessageReader, sendCancel } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labelValues, readExposition } from "../../gateway/test/exposition.ts";
import type { Samples } from "../../gateway/test/exposition.ts";
import { sallyport, serve } from "./cli.ts";
import type { Running } from "./cli.ts";

const hba = `# the rules of this test
host    ledger_of_zoe  all    127.0.0.1/32  trust
host    all            intern 127.0.0.1/32  reject
host    nowhere        all    127.0.0.1/32  trust
host    all            zoe    127.0.0.1/32  scram-sha-256
`;

let server: TestPostgres;
let room: TempDirectory;
let gates = 0;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  await prepare(server);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

async function prepare(postgres: TestPostgres): Promise<void> {
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role zoe login password 'zoe-secret'",
    "create role intern login",
    "create database ledger_of_zoe owner zoe",
  ];
  const { status, stderr } = await postgres.psql(statements.flatMap((sql) => ["-c", sql]));
  expect([status, stderr]).toEqual([0, ""]);
}

interface Gate extends AsyncDisposable {
  readonly running: Running;
  readonly directory: string;
  readonly port: number;
  readonly url: string;
  readonly scrape: () => Promise<Samples>;
  /** Status and text of a page. */
  readonly get: (path: string) => Promise<string>;
  /** What psql says. */
  readonly login: (user: string, database: string, password?: string) => Promise<string>;
}

async function startGate(
  conf: readonly string[] = [],
  socketDirectory = server.socketDirectory,
): Promise<Gate> {
  const directory = join(room.path, `gate${(gates += 1)}`);
  const upstream = `host=${socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  expect(await sallyport(["init", "-D", directory, "--upstream", upstream])).toMatchObject({ status: 0 });
  await writeFile(join(directory, "pg_hba.conf"), hba);
  const [port, metricsPort] = [await freePort(), await freePort()];
  const file = join(directory, "sallyport.conf");
  const lines = [
    (await readFile(file, "utf8")).replace(/^(?:port|unix_socket_directories) = .*$/gm, ""),
    `port = ${port}`,
    `unix_socket_directories = '${directory}/s'`,
    `metrics_address = '127.0.0.1:${metricsPort}'`,
    ...conf,
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const running = await serve(["-D", directory]);
  const url = `http://127.0.0.1:${metricsPort}`;
  return {
    running,
    directory,
    port,
    url,
    scrape: async () => {
      const answer = await fetch(`${url}/metrics`);
      expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      return readExposition(await answer.text());
    },
    get: async (path) => {
      const answer = await fetch(url + path);
      return `${answer.status} ${await answer.text()}`;
    },
    login: async (user, database, password) => {
      const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: user, PGDATABASE: database };
      const { stdout, stderr } = await psql(["-Atc", "select 1"], {
        env: { ...env, PGSSLMODE: "disable", ...(password !== undefined && { PGPASSWORD: password }) },
      });
      return stdout + stderr;
    },
    [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
  };
}

/** The counters of logins and refusals, and what else is asked for, that have moved. */
function moved(before: Samples, after: Samples, names = /^sallyport_(?:logins|refusals)_total/): object {
  const changes = [...after].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(changes.filter(([key, change]) => names.test(key) && change !== 0));
}

async function session({ port }: Gate): Promise<Client> {
  const hosts = [{ host: "127.0.0.1", port }];
  return await connect({ hosts, user: "zoe", database: "ledger_of_zoe", connectTimeout: 20_000 });
}

/** Asks to be let in, answers what is asked for with `answer` or not at all, and waits for the end. */
async function stubborn({ port }: Gate, answer: Buffer | null): Promise<void> {
  const socket = connectSocket({ host: "127.0.0.1", port });
  const reader = new MessageReader(socket);
  socket.write(
    encodeStartupPacket([
      ["user", "zoe"],
      ["database", "postgres"],
    ]),
  );
  const signal = AbortSignal.timeout(20_000);
  await reader.readMessage(10_000, signal);
  if (answer !== null) socket.write(answer);
  await reader.readMessage(10_000, signal).catch(() => undefined);
  reader.release();
  socket.destroy();
}

describe("logins", () => {
  test("move the counters of their outcome, and no others", async () => {
    await using gate = await startGate(["authentication_timeout = 2s"]);
    const start = await gate.scrape();
    const cases: readonly (readonly [() => Promise<unknown>, object])[] = [
      [
        async () => await gate.login("zoe", "ledger_of_zoe"),
        { 'sallyport_logins_total{method="trust",outcome="admitted"}': 1 },
      ],
      [
        async () => await gate.login("zoe", "postgres", "zoe-secret"),
        { 'sallyport_logins_total{method="scram-sha-256",outcome="admitted"}': 1 },
      ],
      [
        async () => await gate.login("intern", "postgres"),
        {
          'sallyport_logins_total{method="reject",outcome="rejected"}': 1,
          'sallyport_refusals_total{rule="pg_hba.conf:3"}': 1,
        },
      ],
      [
        async () => await gate.login("sallyport", "postgres"),
        {
          'sallyport_logins_total{method="none",outcome="rejected"}': 1,
          'sallyport_refusals_total{rule="none"}': 1,
        },
      ],
      [
        async () => await gate.login("zoe", "postgres", "wrong"),
        {
          'sallyport_logins_total{method="scram-sha-256",outcome="failed"}': 1,
          'sallyport_refusals_total{rule="pg_hba.conf:5"}': 1,
        },
      ],
      [
        async () => await gate.login("zoe", "nowhere"),
        { 'sallyport_logins_total{method="trust",outcome="refused"}': 1 },
      ],
      [
        async () => await gate.login("zoe", "postgres"),
        { 'sallyport_logins_total{method="scram-sha-256",outcome="left"}': 1 },
      ],
      [
        async () => await stubborn(gate, null),
        { 'sallyport_logins_total{method="scram-sha-256",outcome="timeout"}': 1 },
      ],
      [
        async () => await stubborn(gate, Buffer.from("Q\0\0\0\x09oh no\0", "latin1")),
        { 'sallyport_logins_total{method="scram-sha-256",outcome="error"}': 1 },
      ],
    ];
    let before = start;
    for (const [log, expected] of cases) {
      await log();
      await expect
        .poll(async () => moved(before, await gate.scrape()), { timeout: 20_000 })
        .toEqual(expected);
      before = await gate.scrape();
    }
    const all = await gate.scrape();
    const stages = moved(start, all, /^sallyport_stage_seconds_count/);
    expect(stages).toMatchObject({
      'sallyport_stage_seconds_count{stage="catalogue"}': 9,
      'sallyport_stage_seconds_count{stage="decision"}': 9,
      'sallyport_stage_seconds_count{stage="authentication"}': 7,
      'sallyport_stage_seconds_count{stage="upstream"}': 3,
    });
    expect(moved(start, all, /^sallyport_session_ends/)).toEqual({
      'sallyport_session_ends_total{by="parting"}': 2,
    });
    const used = [
      "zoe",
      "intern",
      "ledger",
      "nowhere",
      "postgres",
      "sallyport",
      "127.0.0.1",
      "secret",
      String(gate.port),
    ];
    const values = [...labelValues(all)].join(" ");
    for (const word of used) expect(values).not.toContain(word);
    expect((await gate.get("/metrics")).replaceAll("sallyport_", "")).not.toMatch(
      /zoe|intern|ledger|nowhere|127\.0|secret/,
    );
  });

  test("beyond the slots, sessions and cancel requests are counted", async () => {
    await using gate = await startGate(["max_connections = 1", "superuser_reserved_connections = 0"]);
    const before = await gate.scrape();
    const client = await session(gate);
    await expect
      .poll(async () => await gate.scrape(), { timeout: 20_000 })
      .toSatisfy((samples: Samples) => samples.get('sallyport_connections{stage="session"}') === 1);
    const during = await gate.scrape();
    expect(during.get("sallyport_connection_slots_taken{}")).toBe(1);
    expect(during.get("sallyport_max_connections{}")).toBe(1);
    expect(await gate.login("zoe", "ledger_of_zoe")).toContain("sorry, too many clients already");
    const target = { host: "127.0.0.1", port: gate.port, ssl: null };
    await sendCancel(target, { processId: 1, secretKey: Buffer.alloc(4) }, AbortSignal.timeout(20_000));
    await server.psql(["-c", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'zoe'"]);
    await client.closed.catch(() => undefined);
    await expect
      .poll(async () => moved(before, await gate.scrape(), /^sallyport_(?:logins|cancel|session_ends)/), {
        timeout: 20_000,
      })
      .toEqual({
        'sallyport_logins_total{method="trust",outcome="admitted"}': 1,
        'sallyport_logins_total{method="none",outcome="full"}': 1,
        'sallyport_cancel_requests_total{outcome="unknown_process"}': 1,
        'sallyport_session_ends_total{by="parting"}': 1,
      });
  });
});

test("a reload shows in verdicts, time and hash, and what counted for lines that it replaced is gone", async () => {
  await using gate = await startGate();
  const before = await gate.scrape();
  const hash = (samples: Samples): string | undefined =>
    [...samples.keys()].find((key) => key.startsWith("sallyport_policy_info"));
  expect(before.get("sallyport_last_reload_success{}")).toBe(1);
  await gate.login("intern", "postgres");
  await writeFile(join(gate.directory, "pg_hba.conf"), `${hba}host all all all nonsense\n`);
  process.kill(gate.running.pid, "SIGHUP");
  const reloads = /^sallyport_reloads_total/;
  await expect
    .poll(async () => moved(before, await gate.scrape(), reloads), { timeout: 20_000 })
    .toEqual({
      'sallyport_reloads_total{file="config_file",verdict="unchanged"}': 1,
      'sallyport_reloads_total{file="hba_file",verdict="refused"}': 1,
      'sallyport_reloads_total{file="ident_file",verdict="unchanged"}': 1,
    });
  const refused = await gate.scrape();
  expect(refused.get("sallyport_last_reload_success{}")).toBe(0);
  expect(refused.get('sallyport_refusals_total{rule="pg_hba.conf:3"}')).toBe(1);
  expect(hash(refused)).toBe(hash(before));

  await writeFile(join(gate.directory, "pg_hba.conf"), `# one line more\n${hba}`);
  process.kill(gate.running.pid, "SIGHUP");
  await expect
    .poll(async () => (await gate.scrape()).get("sallyport_last_reload_success{}"), { timeout: 20_000 })
    .toBe(1);
  const after = await gate.scrape();
  const time = "sallyport_last_reload_timestamp_seconds{}";
  expect(after.get(time)).toBeGreaterThan(before.get(time) ?? Infinity);
  expect(hash(after)).not.toBe(hash(before));
  expect(after.has('sallyport_refusals_total{rule="pg_hba.conf:3"}')).toBe(false);
});

describe("probes", () => {
  test("readyz follows the upstream; livez does not", async () => {
    const link = join(room.path, "upstream");
    await using old = await startPostgres();
    await prepare(old);
    await symlink(old.socketDirectory, link);
    await using gate = await startGate([
      `upstream = 'host=${link} port=${old.port} user=sallyport dbname=postgres'`,
    ]);
    expect(await gate.get("/readyz")).toBe("200 ready\n");
    const start = await gate.scrape();
    const client = await session(gate);
    const { rows } = await client.query("select pg_backend_pid()", [], { timeout: 20_000 });
    process.kill(Number(rows[0]?.[0]), "SIGKILL");
    await client.closed.catch(() => undefined);
    await expect
      .poll(async () => moved(start, await gate.scrape(), /^sallyport_session_ends/), { timeout: 20_000 })
      .toEqual({ 'sallyport_session_ends_total{by="upstream_lost"}': 1 });
    await old.stop("immediate");
    await expect
      .poll(async () => await gate.get("/readyz"), { timeout: 20_000 })
      .toBe("503 not ready: the catalogue does not answer\n");
    expect(await gate.get("/livez")).toBe("200 alive\n");
    expect(gate.running.output()).toContain("not ready: the catalogue does not answer\n");
    const before = await gate.scrape();
    await gate.login("zoe", "ledger_of_zoe");
    await expect
      .poll(async () => moved(before, await gate.scrape()), { timeout: 20_000 })
      .toEqual({ 'sallyport_logins_total{method="none",outcome="unavailable"}': 1 });
    await rm(link);
    await symlink(server.socketDirectory, link);
    await expect.poll(async () => await gate.get("/readyz"), { timeout: 20_000 }).toBe("200 ready\n");
    expect(gate.running.output()).toContain("ready again: the catalogue answers\n");
  });

  test("a flood of questions whether it is ready is a question or two to the catalogue", async () => {
    await server.psql(["-c", "alter role sallyport set log_statement = 'all'"]);
    await using gate = await startGate();
    const asked = async (): Promise<number> => (await server.log()).split("execute login: ").length;
    const [before, start] = [await asked(), performance.now()];
    const answers = await Promise.all(Array.from({ length: 100 }, async () => await gate.get("/readyz")));
    expect(new Set(answers)).toEqual(new Set(["200 ready\n"]));
    const seconds = (performance.now() - start) / 1000;
    const questions = (await asked()) - before;
    expect(questions).toBeGreaterThan(0);
    expect(questions).toBeLessThanOrEqual(1 + seconds);
    await server.psql(["-c", "alter role sallyport reset log_statement"]);
  });

  test("while sessions may still end it is alive and not ready; after the end the address is free", async () => {
    await using gate = await startGate();
    const client = await session(gate);
    const stopped = gate.running.stop("SIGTERM");
    await expect
      .poll(async () => await gate.get("/readyz"), { timeout: 20_000 })
      .toBe("503 not ready: shutting down\n");
    expect(await gate.get("/livez")).toBe("200 alive\n");
    await client.close();
    expect(await stopped).toBe(0);
    await expect(gate.get("/livez")).rejects.toThrow("fetch failed");
  });
});

test("docs/metrics.md names every metric, and no other", async () => {
  await using gate = await startGate();
  const served = [...(await gate.get("/metrics")).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const page = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const table = page.split("\n").filter((line) => line.startsWith("| `"));
  const names = table.map((line) => line.split(" | ")[0]).join("\n");
  const named = [...names.matchAll(/`((?:sallyport|process|nodejs)_\w+)`/g)].map(([, name]) => name);
  expect(named).toHaveLength(served.length);
  expect(new Set(named)).toEqual(new Set(served));
});

test("an address that is taken, or is none, is an error at start", async () => {
  await using gate = await startGate();
  const address = gate.url.slice("http://".length);
  const directory = join(room.path, "second");
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  await sallyport(["init", "-D", directory, "--upstream", upstream]);
  const taken = await sallyport(["serve", "-D", directory, "-c", `metrics_address=${address}`]);
  expect([taken.status, taken.stderr]).toEqual([
    2,
    expect.stringContaining(`could not bind "metrics_address" "${address}": Address already in use\n`),
  ]);
  const none = await sallyport(["serve", "-D", directory, "-c", "metrics_address=localhost:9632"]);
  expect([none.status, none.stderr]).toEqual([
    2,
    expect.stringMatching(
      /invalid value for parameter "metrics_address": "localhost:9632"[^]*"127\.0\.0\.1:9632"/,
    ),
  ]);
});
