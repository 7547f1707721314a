import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { freePort, seededRandom, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { Random, TestPostgres } from "@sallyport/testkit";
import { encodeQuery } from "@sallyport/wire";
import { logIn } from "../../packages/gateway/test/raw-client.ts";
import { upstreamProxy } from "../../packages/gateway/test/upstream-proxy.ts";
import type { UpstreamProxy } from "../../packages/gateway/test/upstream-proxy.ts";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import type { Running } from "../../packages/sallyport/test/cli.ts";
import { figuresOf } from "./hostile/process.ts";
import type { ProcessFigures } from "./hostile/process.ts";
import { askOn, newTally } from "./upstream-killed/asker.ts";
import type { Tally } from "./upstream-killed/asker.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const kills = Number(process.env["KILLS"] ?? 200);
const clients = Number(process.env["CLIENTS"] ?? 50);
const killedClients = Number(process.env["KILLED_CLIENTS"] ?? 2000);

/** A gateway as a process of its own, before a server that can be lost in every way. */
interface House extends AsyncDisposable {
  readonly server: TestPostgres;
  readonly proxy: UpstreamProxy;
  readonly gate: Running;
  readonly port: number;
}

async function openHouse(): Promise<House> {
  await using stack = new AsyncDisposableStack();
  const settings = { max_connections: String(clients * 3 + 20), restart_after_crash: "on" };
  const server = stack.use(await startPostgres({ settings }));
  const roles = Array.from({ length: clients }, (_, n) => `create role asker_${n} login`);
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    ...roles,
  ];
  expect((await server.psql(statements.flatMap((sql) => ["-c", sql]))).stderr).toBe("");
  const proxy = stack.use(await upstreamProxy(server));
  const room = await tempDirectory();
  stack.defer(room.remove);
  const directory = join(room.path, "gate");
  expect((await sallyport(["init", "-D", directory, "--upstream", proxy.conninfo])).stderr).toBe("");
  await writeFile(join(directory, "pg_hba.conf"), "host all all 127.0.0.1/32 trust\n");
  const port = await freePort();
  const gateSettings = [
    `port=${port}`,
    `unix_socket_directories=${room.path}`,
    `max_connections=${clients * 2}`,
    "superuser_reserved_connections=0",
    "log_connections=",
    "log_disconnections=off",
  ];
  const args = gateSettings.flatMap((setting) => ["-c", setting]);
  // As little memory as it needs: so that what is kept of a session shows, and what was not collected yet does not.
  const env = { NODE_OPTIONS: "--max-old-space-size=64 --max-semi-space-size=2" };
  const gate = stack.use(await serve(["-D", directory, ...args], { env }));
  const kept = stack.move();
  return {
    server,
    proxy,
    gate,
    port,
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}

/** The load, until it is over: each client asks, and comes again when it has lost its session. */
function load(house: House, tally: Tally, over: () => boolean): Promise<void[]> {
  const name = (n: number): string => `asker_${n}`;
  return Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      await askOn(house.port, name(n), seededRandom(seed + n), tally, over);
    }),
  );
}

/** The figures when no descriptor has come or gone for a second. */
async function atRest(pid: number): Promise<ProcessFigures> {
  for (let last = -1; ;) {
    const now = await figuresOf(pid);
    if (now.descriptors === last) return now;
    last = now.descriptors;
    await delay(1000);
  }
}

/** The figures when all descriptors are back, or when that has been waited for long enough. */
async function settled(pid: number, descriptors: number): Promise<ProcessFigures> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const now = await figuresOf(pid);
    if (now.descriptors <= descriptors || performance.now() > deadline) return now;
    await delay(100);
  }
}

type Kill = "backend" | "immediate" | "fast" | "postmaster" | "cut";

async function kill(kind: Kill, { server, proxy }: House, r: Random): Promise<void> {
  switch (kind) {
    case "backend": {
      const sql = "select pid from pg_stat_activity where usename ~ '^asker' order by random() limit 1";
      const { stdout } = await server.psql(["-c", sql]);
      if (stdout !== "") process.kill(Number(stdout), "SIGKILL");
      break;
    }
    case "cut":
      for (const link of proxy.links) if (r.chance(0.5)) link.break(r.chance(0.5) ? "rst" : "fin");
      break;
    case "postmaster":
      await server.down("kill");
      await server.up();
      break;
    default:
      await server.down(kind);
      await server.up();
  }
}

function words(before: ProcessFigures, after: ProcessFigures): string {
  return `the gateway's memory (RSS, MiB): ${before.rss.toFixed(0)} before, ${after.rss.toFixed(0)} afterwards; its descriptors: ${before.descriptors} before, ${after.descriptors} afterwards`;
}

function expectAsBefore(before: ProcessFigures, after: ProcessFigures, gate: Running): void {
  expect(after.descriptors).toBe(before.descriptors);
  expect(after.rss).toBeLessThan(before.rss * 1.3 + 30);
  expect(gate.output()).not.toMatch(/internal error|XX000|Warning|Unhandled|heap/);
}

test(`the upstream is killed, and nobody hears anything but an answer or an error (SEED=${seed} KILLS=${kills} CLIENTS=${clients})`, async () => {
  await using house = await openHouse();
  const { gate } = house;
  let warm = false;
  const warmUp = newTally();
  const warming = load(house, warmUp, () => warm);
  while (warmUp.answers < clients * 50) await delay(20);
  warm = true;
  await warming;
  const before = await atRest(gate.pid);

  const tally = newTally();
  let over = false;
  const running = load(house, tally, () => over);
  const r = seededRandom(seed);
  const kinds: Record<Kill, number> = { backend: 0, immediate: 0, fast: 0, postmaster: 0, cut: 0 };
  const started = performance.now();
  for (let n = 0; n < kills; n += 1) {
    const kind = r.pick<Kill>(["backend", "immediate", "fast", "postmaster", "cut", "cut"]);
    kinds[kind] += 1;
    await delay(r.below(300));
    await kill(kind, house, r);
    await comesBack(tally);
  }
  over = true;
  await running;
  const seconds = (performance.now() - started) / 1000;
  const after = await settled(gate.pid, before.descriptors);
  console.info(
    [
      `${kills} kills in ${seconds.toFixed(0)} s under ${clients} clients: ${JSON.stringify(kinds)}`,
      `${tally.answers} answers, ${tally.sessions} sessions; they ended: ${JSON.stringify(Object.fromEntries(tally.ends))}`,
      words(before, after),
    ].join("\n"),
  );
  expect(tally.wrong).toEqual([]);
  expectAsBefore(before, after, gate);
  expect(await gate.stop("SIGTERM")).toBe(0);
});

/** Everybody is served again. */
async function comesBack(tally: Tally): Promise<void> {
  const [before, deadline] = [tally.answers, performance.now() + 30_000];
  while (tally.answers < before + clients) {
    if (performance.now() > deadline) throw new Error("the gateway does not come back");
    await delay(5);
  }
}

test(`clients are killed, and nothing is left of them (SEED=${seed} KILLED_CLIENTS=${killedClients})`, async () => {
  await using house = await openHouse();
  const { gate, server, port } = house;
  const victim = async (r: Random, mostWait: number): Promise<void> => {
    const target = { host: "127.0.0.1", port };
    const { socket, reader } = await logIn(target, { user: "asker_0", database: "postgres" });
    socket.write(
      encodeQuery(
        r.pick([
          "select 1",
          "select pg_sleep(0.2)",
          "select repeat('x', 1000) from generate_series(1, 10000)",
          "begin; lock table pg_class in access share mode",
        ]),
      ),
    );
    await delay(r.below(mostWait));
    reader.release();
    socket.resetAndDestroy();
  };
  const wave = async (count: number, salt: number): Promise<void> => {
    for (let n = 0; n < count; n += clients) {
      const crowd = Array.from({ length: Math.min(clients, count - n) }, async (_, k) => {
        await victim(seededRandom(seed + salt + n + k), 40);
      });
      await Promise.all(crowd);
    }
  };
  // Half as many first: by then it has as much memory as it takes under its limit.
  await wave(Math.ceil(killedClients / 2), 1_000_000);
  const before = await atRest(gate.pid);
  const started = performance.now();
  await wave(killedClients, 0);
  const seconds = (performance.now() - started) / 1000;
  const after = await settled(gate.pid, before.descriptors);
  console.info(`${killedClients} clients killed in ${seconds.toFixed(0)} s\n${words(before, after)}`);
  expectAsBefore(before, after, gate);
  const left = "select count(*) from pg_stat_activity where usename ~ '^asker'";
  const deadline = performance.now() + 20_000;
  while ((await server.psql(["-c", left])).stdout !== "0\n") expect(performance.now()).toBeLessThan(deadline);
  expect(await gate.stop("SIGTERM")).toBe(0);
});
