import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRandom, startPostgres } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import {
  Client,
  encodeBind,
  encodeCancelRequest,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
  encodeTerminate,
  openSession,
} from "@sallyport/wire";
import type { OpenedSession } from "@sallyport/wire";
import { run, setUp, startGate, until } from "../../packages/gateway/test/gate.ts";
import type { TestGate } from "../../packages/gateway/test/gate.ts";
import { knock } from "../../packages/gateway/test/raw-client.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const visitors = Number(process.env["VISITORS"] ?? 5000);
const atOnce = Number(process.env["AT_ONCE"] ?? 20);

/** What a session says of itself that nobody has touched. */
const look = `select current_setting('work_mem'), current_setting('search_path'), current_user, current_setting('role'),
  current_setting('default_transaction_isolation'), current_setting('timezone'),
  (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors),
  (select count(*) from pg_listening_channels()),
  (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
  pg_my_temp_schema(), txid_current_if_assigned(), nullif(current_setting('my.word', true), '')`;

/** What somebody may say before he leaves, whole or in part. */
const words: readonly [Buffer, ...Buffer[]] = [
  encodeQuery("set work_mem = '77MB'"),
  ...[
    "set search_path = evil",
    "set role helper",
    "set timezone = 'Asia/Tokyo'",
    "set my.word = 'left'",
    "set default_transaction_isolation = 'serializable'",
    "prepare mine as select 1",
    "declare held cursor with hold for select 1",
    "listen news",
    "notify news",
    "select pg_advisory_lock(42)",
    "create temporary table secrets (a text)",
    "begin",
    "begin isolation level serializable; select txid_current()",
    "commit",
    "rollback",
    "select 1/0",
    "copy (select generate_series(1, 3000)) to stdout",
    "copy t from stdin",
    "select repeat('x', 200000)",
    "select pg_sleep(0.02)",
    "",
  ].map(encodeQuery),
  encodeParse("", "select 1"),
  encodeParse("named", "select $1::text"),
  encodeBind("", []),
  encodeExecute(),
  encodeSync(),
  Buffer.from("d\0\0\0\x06a\n", "latin1"),
  Buffer.from("c\0\0\0\x04", "latin1"),
  Buffer.from("H\0\0\0\x04", "latin1"),
];

const counts = { left: 0, cancels: 0 };

test(`nobody meets what another one has left (SEED=${seed} VISITORS=${visitors} AT_ONCE=${atOnce})`, async () => {
  await using server = await startPostgres({ settings: { max_connections: "200" } });
  await run(server, [...setUp, "create role helper", "grant helper to app"]);
  await server.psql(["-d", "shop", "-c", "create table t (a text)", "-c", "grant all on t to public"]);
  const conf = `max_connections = ${4 * atOnce}\npool_mode = session\npool_size = ${atOnce}\nlazy_upstream = on\npool_wait_timeout = 60\n`;
  await using gate = await startGate(server, { hba: "host all all all trust\n", conf });
  const untouched = await enter(gate);
  const expected = JSON.stringify((await untouched.query(look)).rows);
  await untouched.close();
  let coming = 0;
  const come = async (r: Random): Promise<void> => {
    while (coming < visitors) {
      coming += 1;
      await visit(gate, r, expected);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, async (_, n) => await come(seededRandom(seed + n))));
  await until("all sessions are at rest", () => gate.gateway.pool?.inUse === 0);
  console.info(JSON.stringify({ ...counts, ...gate.gateway.pool }));
  expect(gate.gateway.pool?.reused).toBeGreaterThan(visitors / 20);
  expect(gate.log()).not.toMatch(/XX000|internal error/);
});

async function open(gate: TestGate): Promise<OpenedSession> {
  return await openSession({
    hosts: [{ host: "127.0.0.1", port: gate.port }],
    user: "app",
    database: "shop",
    settings: new Map([["sslmode", "disable"]]),
  });
}

async function enter(gate: TestGate): Promise<Client> {
  return new Client(await open(gate));
}

/** Looks whether the session is as new, leaves traces, and goes, at some moment and in some way. */
async function visit(gate: TestGate, r: Random, expected: string): Promise<void> {
  const session = await open(gate);
  const client = new Client(session);
  expect(JSON.stringify((await client.query(look, [], { timeout: 60_000 })).rows)).toBe(expected);
  const { stream } = client.release();
  stream.on("error", () => undefined).resume();
  const said = Buffer.concat(r.many(0, 4, () => r.pick(words)));
  const isWhole = r.chance(0.8);
  stream.write(isWhole ? said : said.subarray(0, r.below(said.length + 1)));
  if (r.chance(0.6)) await delay(r.below(30));
  if (session.backendKey !== null && r.chance(0.2)) {
    counts.cancels += 1;
    void knock(gate.tcp, encodeCancelRequest(session.backendKey)).catch(() => undefined);
  }
  const way = r.below(3);
  if (way === 0) stream.end(encodeTerminate());
  else if (way === 1) stream.end();
  else stream.destroy();
  counts.left += 1;
}
