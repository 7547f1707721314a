import { spawn } from "node:child_process";
import { connect as connectSocket } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Client as PgClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import {
  decodeBackendKeyData,
  decodeErrorFields,
  encodeBackendKeyData,
  encodeCancelRequest,
  encodeQuery,
  encodeReadyForQuery,
  encodeStartupPacket,
  encodeTerminate,
  MessageReader,
} from "@sallyport/wire";
import type { BackendKey, Message } from "@sallyport/wire";
import type { Login } from "./clients/client.ts";
import { debianPrograms, libpq15, libpq18 } from "./clients/libpq.ts";
import { connectPg } from "./clients/node-postgres.ts";
import { connectPostgresJs } from "./clients/postgres-js.ts";
import { environment } from "./clients/psql.ts";
import { fakeUpstream, ok, script } from "./fake-upstream.ts";
import { run, setUp, startGate, until } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { knock } from "./raw-client.ts";
import type { Target } from "./raw-client.ts";

const hba = "host all all all trust\n";

let server: TestPostgres;
let gate: TestGate;
let app: Login;

beforeAll(async () => {
  server = await startPostgres({ tcp: true, hba: `local all all trust\n${hba}` });
  await run(server, setUp);
  gate = await startGate(server, { hba });
  app = { host: "127.0.0.1", port: gate.port, user: "app", database: "shop" };
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** A session of our own, and what cancels it. */
interface Session {
  readonly key: BackendKey;
  readonly ask: (sql: string) => void;
  /** All up to the next ReadyForQuery, or the end. */
  readonly answer: () => Promise<readonly Message[]>;
  readonly leave: () => void;
}

async function enter(target: Target, minor = 0): Promise<Session> {
  const socket: Socket = connectSocket(target);
  const reader = new MessageReader(socket);
  const names = [
    ["user", "app"],
    ["database", "shop"],
  ] as const;
  socket.write(encodeStartupPacket(names, { major: 3, minor }));
  const answer = async (): Promise<readonly Message[]> => {
    const messages: Message[] = [];
    while (messages.at(-1)?.type !== "Z") {
      messages.push(await reader.readMessage(1_000_000, AbortSignal.timeout(20_000)));
    }
    return messages;
  };
  const key = (await answer()).find(({ type }) => type === "K");
  if (key === undefined) throw new Error("there was no key");
  return {
    key: decodeBackendKeyData(key.body),
    ask: (sql) => void socket.write(encodeQuery(sql)),
    answer,
    leave: () => {
      reader.release();
      socket.end(encodeTerminate());
    },
  };
}

/** SQLSTATE and words of the error in an answer; the first value where there is none. */
function outcome(messages: readonly Message[]): string {
  const error = messages.find(({ type }) => type === "E");
  if (error !== undefined) {
    const fields = new Map(decodeErrorFields(error.body).map(({ type, value }) => [type, value]));
    return `${fields.get("C")} ${fields.get("M")}`;
  }
  return messages.find(({ type }) => type === "D")?.body.toString("latin1", 6) ?? "nothing";
}

const cancelled = "57014 canceling statement due to user request";

async function asleep(where: string): Promise<void> {
  const sql = `select count(*) from pg_stat_activity where wait_event = 'PgSleep' and ${where}`;
  await until("somebody sleeps", async () => (await run(server, [sql])) !== "0");
}

describe("a cancel request with its key ends the query, and not the session", () => {
  test.for([
    ["of protocol 3.0", 0, 4],
    ["of protocol 3.2", 2, 32],
  ] as const)("%s", async ([, minor, length]) => {
    const session = await enter(gate.tcp, minor);
    expect(session.key.secretKey).toHaveLength(length);
    session.ask("select pg_sleep(60)");
    await asleep(`pid = ${session.key.processId}`);
    expect(await knock(gate.tcp, encodeCancelRequest(session.key))).toEqual(Buffer.of());
    expect(outcome(await session.answer())).toBe(cancelled);
    session.ask("select pg_backend_pid()");
    expect(outcome(await session.answer())).toContain(String(session.key.processId));
    session.leave();
  });

  test("but not at a replica, which knows that it is not its own", async () => {
    const nodeKey = Buffer.alloc(32, 1);
    await using one = await startGate(server, { hba, nodeKey });
    await using other = await startGate(server, { hba, nodeKey });
    const session = await enter(one.tcp, 2);
    const pid = session.key.processId;
    session.ask("select pg_sleep(60)");
    await asleep(`pid = ${pid}`);
    expect(await knock(other.tcp, encodeCancelRequest(session.key))).toEqual(Buffer.of());
    expect(other.log()).toContain(`cancel request for process ${pid} is for a session of another gateway`);
    await knock(one.tcp, encodeCancelRequest(session.key));
    expect(outcome(await session.answer())).toBe(cancelled);
    session.leave();
  });

  test("over another door than the session's", async () => {
    await using local = await startGate(server, { hba: `${hba}local all all trust\n` });
    const session = await enter(local.unix);
    session.ask("select pg_sleep(60)");
    await asleep(`pid = ${session.key.processId}`);
    await knock(local.tcp, encodeCancelRequest(session.key));
    expect(outcome(await session.answer())).toBe(cancelled);
    session.leave();
  });

  test("from somebody who does not wait for anything", async () => {
    const session = await enter(gate.tcp);
    session.ask("select pg_sleep(60)");
    await asleep(`pid = ${session.key.processId}`);
    const socket = connectSocket(gate.tcp);
    socket.end(encodeCancelRequest(session.key), () => socket.destroy());
    expect(outcome(await session.answer())).toBe(cancelled);
    session.leave();
  });

  test("while the gateway waits for its sessions to end", async () => {
    await using closing = await startGate(server, { hba });
    const session = await enter(closing.tcp);
    session.ask("select pg_sleep(60)");
    await asleep(`pid = ${session.key.processId}`);
    const stopped = closing.gateway.stop("smart");
    await closing.logged("received smart shutdown request");
    await knock(closing.tcp, encodeCancelRequest(session.key));
    expect(outcome(await session.answer())).toBe(cancelled);
    session.ask("select 'still here'");
    expect(outcome(await session.answer())).toBe("still here");
    session.leave();
    await stopped;
  });
});

describe("clients as people have them", () => {
  test.for([libpq15, libpq18])("psql with $name, interrupted", async ({ environment: more }) => {
    const psql = spawn(join(debianPrograms, "psql"), ["-Xwc", "select pg_sleep(60), 'interrupted'"], {
      cwd: "/",
      env: { ...environment(app), ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const words = text(psql.stderr);
    await asleep("query ~ 'interrupte[d]'");
    psql.kill("SIGINT");
    expect(await words).toBe("Cancel request sent\nERROR:  canceling statement due to user request\n");
  });

  test("node-postgres", async () => {
    const client = await connectPg(app);
    const failed = Promise.withResolvers<Error>();
    const query = {
      submit: (connection: { query: (sql: string) => void }): void =>
        connection.query("do 'begin perform pg_sleep(60); end'"),
      handleError: failed.resolve,
      handleReadyForQuery: () => failed.reject(new Error("it was not cancelled")),
      handleCommandComplete: () => undefined,
      handleCopyInResponse: () => undefined,
      handleCopyData: () => undefined,
    };
    client.query(query);
    await asleep("query ~ 'perfor[m]'");
    new PgClient(app).cancel(client, query);
    expect((await failed.promise).message).toBe("canceling statement due to user request");
    const again = await client.query({ text: "select 'still here'", rowMode: "array" });
    expect("rows" in again && again.rows).toEqual([["still here"]]);
    await client.end();
  });

  test("postgres.js", async () => {
    const sql = await connectPostgresJs(app);
    const query = sql`select pg_sleep(60), 'postgres.js'`;
    const words = query.then(
      () => "it was not cancelled",
      (error: Error) => error.message,
    );
    await asleep("query ~ 'postgres.j[s]'");
    query.cancel();
    expect(await words).toBe("canceling statement due to user request");
    expect([...(await sql`select 'still here' as v`)]).toEqual([{ v: "still here" }]);
    await sql.end();
  });
});

/** What either side logs of a cancel request. */
function lines(log: string): string[] {
  return [...log.matchAll(/LOG: {2}(?:PID|wrong|invalid).*/g)].map(([line]) => line);
}

describe("a cancel request that nothing fits is answered like one that fits, logged as by PostgreSQL, and hits nobody", () => {
  const keyOf = (length: number): ((key: BackendKey) => BackendKey) => {
    return ({ processId }) => ({ processId, secretKey: Buffer.alloc(length, "k") });
  };
  test.for([
    ["a wrong key", 0, keyOf(4)],
    ["a wrong key of protocol 3.2", 2, keyOf(32)],
    ["a key that is too short", 0, keyOf(1)],
    ["a key that is too long", 0, keyOf(5)],
    ["a key of another length", 2, keyOf(4)],
    ["the longest key", 0, keyOf(256)],
    ["a key that is too long for any", 0, keyOf(257)],
    ["no key", 0, keyOf(0)],
    ["the number 0", 0, ({ secretKey }: BackendKey) => ({ processId: 0, secretKey })],
    [
      "the number of nobody",
      0,
      ({ secretKey, processId }: BackendKey) => ({ processId: processId + 1_000_000, secretKey }),
    ],
  ] as const)("%s", async ([, minor, change]) => {
    const before = [lines(gate.log()).length, lines(await server.log()).length];
    const direct = { host: "127.0.0.1", port: server.port };
    const said: string[] = [];
    for (const target of [gate.tcp, direct]) {
      const session = await enter(target, minor);
      session.ask("select pg_sleep(0.3), 'whole'");
      const key = change(session.key);
      expect(await knock(target, encodeCancelRequest(key))).toEqual(Buffer.of());
      expect(outcome(await session.answer())).toContain("whole");
      session.leave();
      const log = target === direct ? await server.log() : gate.log();
      const fresh = lines(log).slice(before[target === direct ? 1 : 0]);
      said.push(fresh.join("\n").replaceAll(String(key.processId), "N"));
    }
    expect(said[0]).toBe(said[1]);
    expect(said[0]).not.toBe("");
  });

  test("the key of a session that has ended", async () => {
    await using empty = await startGate(server, { hba });
    const session = await enter(empty.tcp);
    session.leave();
    await empty.logged("disconnection: session time");
    expect(await knock(empty.tcp, encodeCancelRequest(session.key))).toEqual(Buffer.of());
    const { processId } = session.key;
    await empty.logged(`LOG:  PID ${processId} in cancel request did not match any process`);
  });

  test("the key of another gateway before the same server", async () => {
    await using other = await startGate(server, { hba, port: await freePort() });
    const session = await enter(gate.tcp);
    session.ask("select pg_sleep(0.5), 'whole'");
    await knock(other.tcp, encodeCancelRequest(session.key));
    const { processId } = session.key;
    await other.logged(`LOG:  PID ${processId} in cancel request did not match any process`);
    expect(outcome(await session.answer())).toContain("whole");
    session.leave();
  });
});

test("the upstream's own key is never heard by a client, and worth nothing at the gateway", async () => {
  const own = { processId: 4711, secretKey: Buffer.from("true") };
  const welcome = Buffer.concat([ok, encodeBackendKeyData(own), encodeReadyForQuery("I")]);
  const sayWelcome = script(welcome);
  let seen = 0;
  await using fake = await fakeUpstream(server, (socket) => {
    seen += 1;
    if (seen === 1) sayWelcome(socket);
    else socket.end();
  });
  await using before = await startGate(server, { hba, upstream: fake.conninfo });
  const session = await enter(before.tcp);
  expect(session.key.processId).toBe(4711);
  expect(session.key.secretKey).not.toEqual(own.secretKey);
  await knock(before.tcp, encodeCancelRequest(own));
  await before.logged("LOG:  wrong key in cancel request for process 4711");
  expect(fake.sessions).toHaveLength(1);
  await knock(before.tcp, encodeCancelRequest(session.key));
  expect(fake.sessions[1]?.startup).toEqual(encodeCancelRequest(own));
  session.leave();
});
