import { mkdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { decodeErrorFields, encodeQuery, encodeStartupPacket, MessageReader } from "@sallyport/wire";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, logIn, repliesTo } from "./raw-client.ts";
import type { LoggedIn } from "./raw-client.ts";

const hba = "host all all all trust\nhost replication all all trust\n";

/** As a PostgreSQL 18 says it, asked by hand. */
const words = {
  fast: "E FATAL 57P01 terminating connection due to administrator command",
  immediate: "N WARNING 57P01 terminating connection due to immediate shutdown command",
} as const;

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({ hba: "local all all trust\nlocal replication all trust\n" });
  await run(server, [...setUp, "create role walker login replication"]);
});

afterAll(async () => {
  await server?.stop();
});

/** What a client hears from now on, up to the end. */
async function restOf({ reader }: LoggedIn): Promise<readonly string[]> {
  const heard: string[] = [];
  for (;;) {
    const message = await reader.readMessage(100_000, AbortSignal.timeout(20_000)).catch(() => null);
    if (message === null) return heard;
    const { type, body } = message;
    const fields = type === "E" || type === "N" ? decodeErrorFields(body) : [];
    const shown = fields.filter((field) => "VCM".includes(field.type)).map(({ value }) => value);
    heard.push([type, ...shown].join(" "));
  }
}

async function sessionsOf(role: string): Promise<string> {
  return await run(server, [`select count(*) from pg_stat_activity where usename = '${role}'`]);
}

/** Three sessions: idle, in a query that takes long, in a transaction. */
async function threeIn(gate: TestGate): Promise<readonly LoggedIn[]> {
  const clients = await Promise.all([1, 2, 3].map(async () => await logIn(gate.tcp, { user: "app" })));
  clients[1]?.socket.write(encodeQuery("select pg_sleep(60)"));
  clients[2]?.socket.write(encodeQuery("begin"));
  for (let ready = 0; ready < 1;) if ((await clients[2]?.reader.readMessage(1000))?.type === "Z") ready += 1;
  await expect
    .poll(
      async () => await run(server, ["select count(*) from pg_stat_activity where wait_event = 'PgSleep'"]),
    )
    .toBe("1");
  return clients;
}

describe("smart", () => {
  test("waits for those who are in, and tells those who come that they are too late", async () => {
    await using gate = await startGate(server, { hba });
    const session = gate.psql("app", ["-c", "select pg_sleep(0.5)", "-c", "select 'done'"]);
    await gate.logged("connection authorized");
    const stopped = gate.gateway.stop("smart");
    await gate.logged("received smart shutdown request");
    expect(heardIn(await repliesTo(gate.tcp, { user: "app" }))).toEqual([
      ["E", "57P03", "the database system is shutting down"],
    ]);
    expect((await session).stdout).toBe("\ndone\n");
    await stopped;
    expect((await gate.psql("app", ["-c", "select 1"])).stderr).toContain("Connection refused");
  });

  test("but not for longer than shutdown_timeout, and then as fast does", async () => {
    await using gate = await startGate(server, { hba, conf: "shutdown_timeout = 1s" });
    const session = gate.psql("app", ["-c", "select pg_sleep(60)"]);
    await gate.logged("connection authorized");
    await gate.gateway.stop("smart");
    expect((await session).stderr).toContain("terminating connection due to administrator command");
  });

  test("nor for those who have not said who they are, nor for walsenders", async () => {
    await using gate = await startGate(server, { hba });
    const silent = connect(gate.tcp);
    await gate.logged("connection received");
    const walker = await logIn(gate.tcp, { user: "walker", parameters: [["replication", "true"]] });
    expect(walker.replies.at(-1)?.kind).toBe("Z");
    const rest = restOf(walker);
    await gate.gateway.stop("smart");
    expect(await rest).toEqual([words.fast]);
    silent.destroy();
  });

  test("is overtaken by a harder one", async () => {
    await using gate = await startGate(server, { hba });
    const session = gate.psql("app", ["-c", "select pg_sleep(60)"]);
    await gate.logged("connection authorized");
    const smart = gate.gateway.stop("smart");
    await gate.gateway.stop("fast");
    await smart;
    expect((await session).stderr).toContain("terminating connection due to administrator command");
    expect(gate.log()).toContain("received fast shutdown request");
    // A softer one changes nothing any more.
    await gate.gateway.stop("smart");
    expect(gate.log().match(/received smart/g)).toHaveLength(1);
  });
});

describe.each(["fast", "immediate"] as const)("%s", (mode) => {
  test("tells every session, whatever it does, and ends it upstream, too", async () => {
    await using gate = await startGate(server, { hba });
    const clients = await threeIn(gate);
    const [stopped, ...heard] = await Promise.all([gate.gateway.stop(mode), ...clients.map(restOf)]);
    expect(stopped).toBeUndefined();
    expect(heard.map((all) => all.filter((one) => one !== "T"))).toEqual([
      [words[mode]],
      [words[mode]],
      [words[mode]],
    ]);
    await expect.poll(async () => await sessionsOf("app"), { timeout: 10_000 }).toBe("0");
    const inLog = gate.log().match(/57P01 FATAL: {2}terminating connection due to administrator command/g);
    expect(inLog ?? []).toHaveLength(mode === "fast" ? 3 : 0);
  });

  test("does not wait for whoever does not read", async () => {
    await using gate = await startGate(server, { hba });
    const client = await logIn(gate.tcp, { user: "app" });
    client.reader.release();
    client.socket.pause();
    client.socket.write(encodeQuery("select repeat('z', 1000000) from generate_series(1, 100)"));
    const stuck = "select count(*) from pg_stat_activity where wait_event = 'ClientWrite'";
    await expect.poll(async () => await run(server, [stuck]), { timeout: 10_000 }).toBe("1");
    await gate.gateway.stop(mode);
    await expect.poll(async () => await sessionsOf("app"), { timeout: 10_000 }).toBe("0");
    client.socket.destroy();
  });

  test("closes those who are on their way in without a word", async () => {
    await using gate = await startGate(server, { hba: "host all all all scram-sha-256\n" });
    const socket = connect(gate.tcp);
    const reader = new MessageReader(socket);
    socket.write(encodeStartupPacket([["user", "app"]]));
    expect((await reader.readMessage(1000, AbortSignal.timeout(20_000))).type).toBe("R");
    const rest = restOf({ reader, socket, replies: [] });
    await gate.gateway.stop(mode);
    expect(await rest).toEqual([]);
  });
});

describe("a stop comes to its end", () => {
  test("also if the lock of a socket cannot be removed", async () => {
    await using gate = await startGate(server, { hba });
    const client = await logIn(gate.tcp, { user: "app" });
    const lock = join(gate.socketDirectory, `.s.PGSQL.${gate.port}.lock`);
    await rm(lock);
    await mkdir(lock);
    const [, heard] = await Promise.all([gate.gateway.stop("fast"), restOf(client)]);
    expect(heard).toEqual([words.fast]);
    expect(gate.log()).toMatch(/could not close \S+\.s\.PGSQL\.\d+: /);
    await rm(lock, { recursive: true });
  });

  test("also while an upstream that says nothing is asked to take the catalogue's session", async () => {
    await using directory = await tempDirectory();
    let silent = false;
    const links = new Set<Socket>();
    const upstream = createServer((socket) => {
      links.add(socket.on("error", () => undefined));
      if (!silent) socket.pipe(connect(server.paths.socket)).pipe(socket);
    });
    await new Promise<void>((resolve) => upstream.listen(join(directory.path, ".s.PGSQL.5432"), resolve));
    const conninfo = `host=${directory.path} port=5432 user=sallyport dbname=postgres connect_timeout=60`;
    await using gate = await startGate(null, { hba, upstream: conninfo });
    silent = true;
    for (const link of links) link.destroy();
    const login = repliesTo(gate.tcp, { user: "app" });
    await gate.logged("connection received");
    await vi.waitUntil(() => links.size > 1);
    const stopped = gate.gateway.stop("immediate").then(() => "stopped");
    expect(await Promise.race([stopped, delay(20_000, "still waiting")])).toBe("stopped");
    expect(await login).toEqual([]);
    upstream.close();
    for (const link of links) link.destroy();
  });
});
