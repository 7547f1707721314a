import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import {
  encodeBind,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
  encodeTerminate,
  MessageReader,
  startScramClient,
} from "@sallyport/wire";
import { run, setUp, startGate, until } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { logIn, repliesUntilEnd } from "../raw-client.ts";
import type { Reply } from "../raw-client.ts";
import { ask, atRest, closures, comeAgain, enter, pidOf, visit } from "./guest.ts";

const hba = "host all all 127.0.0.1/32 scram-sha-256\n";
const conf = "pool_mode = session\n";

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ major: 18 });
  await run(server, [
    ...setUp,
    "create role other login password 'other-secret'",
    "create database market owner app",
    "create role staff",
  ]);
});

beforeEach(async () => {
  gate = await startGate(server, { hba, conf });
  return async () => await gate[Symbol.asyncDispose]();
});

afterAll(async () => {
  await server?.stop();
});

describe("a session that was left at rest serves the next client", () => {
  test("of the same role, database and startup parameters", async () => {
    const first = await visit(gate);
    expect(await visit(gate)).toBe(first);
    expect(gate.gateway.pool).toMatchObject({ opened: 1, reused: 1, idle: 1, spoilt: 0 });
  });

  test("whose log tells its backend", async () => {
    const pid = await visit(gate);
    await visit(gate);
    const lines = gate.log().match(new RegExp(`connection authorized: .*pid=${pid}`, "g"));
    expect(lines).toHaveLength(2);
  });

  test("though that one asks for nothing", async () => {
    const first = await visit(gate);
    const client = await enter(gate);
    await client.close();
    await atRest(gate);
    expect(await visit(gate)).toBe(first);
  });

  test("whether it said goodbye or just left", async () => {
    const first = await visit(gate);
    const client = await enter(gate);
    client.destroy();
    await atRest(gate);
    expect(await visit(gate)).toBe(first);
  });

  test.for([
    ["another role", { user: "other" }],
    ["another database", { database: "market" }],
    ["another application_name", { parameters: [["application_name", "x"]] }],
    ["another option", { parameters: [["options", "-c work_mem=8MB"]] }],
  ] as const)("but not %s", async ([, login]) => {
    const first = await visit(gate);
    expect(await visit(gate, login)).not.toBe(first);
    expect(await visit(gate, login)).not.toBe(first);
    expect(gate.gateway.pool).toMatchObject({ opened: 2, reused: 1 });
  });

  test("but not two at a time", async () => {
    await visit(gate);
    const [one, two] = [await enter(gate), await enter(gate)];
    expect(await pidOf(one)).not.toBe(await pidOf(two));
    await Promise.all([one.close(), two.close()]);
  });
});

describe("whatever is open upstream, each client is authenticated", () => {
  test("a wrong password does not get the session of the right one", async () => {
    await visit(gate);
    await expect(enter(gate, { password: "wrong" })).rejects.toMatchObject({ code: "28P01" });
    expect(gate.gateway.pool).toMatchObject({ idle: 1, reused: 0 });
  });
});

/** Leaves something that a new session would not have, in the state of the conversation itself. */
const unrest: [what: string, bytes: Buffer][] = [
  ["a transaction that is open", encodeQuery("begin")],
  ["a transaction that has failed", encodeQuery("begin; select 1/0")],
  ["a transaction with an error behind BEGIN", Buffer.concat([encodeQuery("begin"), encodeQuery("oops")])],
  ["a query that is not answered", encodeQuery("select pg_sleep(0.3)")],
  ["a Parse without a Sync", encodeParse("", "select 1")],
  [
    "a statement that was executed without a Sync",
    Buffer.concat([encodeParse("", "select 1"), encodeBind("", []), encodeExecute()]),
  ],
  ["a COPY that goes in", encodeQuery("copy t from stdin")],
  ["half of a message", encodeQuery("select 1").subarray(0, 8)],
];

describe("a session that was not left at rest serves nobody else", () => {
  beforeAll(async () => {
    await server.psql(["-d", "shop", "-U", "app", "-c", "create table t (a text)"]);
  });

  for (const goodbye of [true, false])
    test.for(unrest)(`${goodbye ? "goodbye" : "the end"} behind %s`, async ([, bytes]) => {
      const { socket, reader } = await logIn(gate.tcp, { user: "app" });
      reader.release();
      socket.on("error", () => undefined).resume();
      socket.end(Buffer.concat([bytes, goodbye ? encodeTerminate() : Buffer.alloc(0)]));
      await atRest(gate);
      expect(gate.gateway.pool).toMatchObject({ idle: 0, spoilt: 0 });
      expect(await visit(gate, {}, async (client) => await client.query("select 1"))).not.toBeNull();
    });
});

test("a goodbye in one piece with the last word of the login leaves the session at rest", async () => {
  const first = await visit(gate);
  const { socket, reader } = await logIn(gate.tcp, { user: "app" }, encodeTerminate());
  reader.release();
  socket.destroy();
  await atRest(gate);
  expect(await visit(gate)).toBe(first);
});

describe("what has been changed during a login", () => {
  const stalled = async (during: string): Promise<readonly Reply[]> => {
    const socket = connect(gate.tcp);
    const reader = new MessageReader(socket);
    socket.write(
      encodeStartupPacket([
        ["user", "app"],
        ["database", "shop"],
      ]),
    );
    const scram = startScramClient({ password: Buffer.from("app-secret"), nonce: randomBytes(18) });
    await reader.readMessage(1000);
    socket.write(encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(scram.first)));
    const challenge = await reader.readMessage(1000);
    await run(server, [during]);
    await delay(1100);
    const { message } = await scram.final(challenge.body.toString("latin1", 4));
    socket.write(encodeSaslResponse(Buffer.from(message)));
    const replies = await repliesUntilEnd(reader);
    socket.destroy();
    return replies;
  };

  test("counts: nobody gets an idle session whose role may not log in any more", async () => {
    await visit(gate);
    const replies = await stalled("alter role app nologin");
    await run(server, ["alter role app login"]);
    expect(replies.at(-1)?.words).toEqual(["28000", 'role "app" is not permitted to log in']);
  });
});

/** Undone afterwards, if need be. */
const changes: [what: string, sql: string, undo: string][] = [
  ["its password", "alter role app password 'app-secret'", ""],
  ["a setting of the role", "alter role app set work_mem = '9MB'", "alter role app reset work_mem"],
  [
    "a setting of the database",
    "alter database shop set work_mem = '9MB'",
    "alter database shop reset work_mem",
  ],
  [
    "a setting of the role in the database",
    "alter role app in database shop set work_mem = '9MB'",
    "alter role app in database shop reset work_mem",
  ],
  ["a setting of everybody", "alter role all set work_mem = '9MB'", "alter role all reset work_mem"],
  ["an attribute of the role", "alter role app replication", "alter role app noreplication"],
  ["its limit", "alter role app connection limit 50", "alter role app connection limit -1"],
  ["a membership", "grant staff to app", "revoke staff from app"],
  [
    "the limit of the database",
    "alter database shop connection limit 50",
    "alter database shop connection limit -1",
  ],
];

describe("a session that is not as a new one would be is not used again, when somebody has changed", () => {
  test.for(changes)("%s", async ([, sql, undo]) => {
    const first = await visit(gate);
    await run(server, [sql]);
    const second = await visit(gate);
    if (undo !== "") await run(server, [undo]);
    expect(second).not.toBe(first);
    expect(gate.gateway.pool).toMatchObject({ opened: 2, reused: 0 });
  });

  test.for(closures)("%s: the client hears the words of the server", async (closure) => {
    expect(await comeAgain(gate, server, closure)).toMatchObject({ code: closure[3] });
  });

  test("the role itself, dropped and made anew", async () => {
    await run(server, ["create role brief login password 'brief-secret'"]);
    const first = await visit(gate, { user: "brief" });
    await run(server, ["drop role brief", "create role brief login password 'brief-secret'"]);
    expect(await visit(gate, { user: "brief" })).not.toBe(first);
    await run(server, ["drop role brief"]);
  });
});

describe("a session is not used again if a new one would get something at its start that cannot be repeated", () => {
  test.for([
    [
      "a role by a setting",
      "alter role app in database shop set role = 'app'",
      "alter role app in database shop reset role",
      {},
    ],
    ["a role by an option", "", "", { parameters: [["options", "-c role=app"]] }],
    ["a role by a startup parameter", "", "", { parameters: [["role", "app"]] }],
  ] as const)("%s", async ([, sql, undo, login]) => {
    if (sql !== "") await run(server, [sql]);
    const first = await visit(gate, login);
    const second = await visit(gate, login);
    if (undo !== "") await run(server, [undo]);
    expect(second).not.toBe(first);
    expect(gate.gateway.pool).toMatchObject({ idle: 0 });
  });

  test("a trigger on login", async () => {
    const trigger = [
      "create table logins (pid int)",
      "grant insert on logins to public",
      "create function greet() returns event_trigger language plpgsql as 'begin insert into public.logins values (pg_backend_pid()); end'",
      "create event trigger greet on login execute function greet()",
    ];
    const inMarket = async (statements: readonly string[]): Promise<string> =>
      (await server.psql(["-d", "market", "-At", ...statements.flatMap((sql) => ["-c", sql])])).stdout;
    await inMarket(trigger);
    const before = Number(await inMarket(["select count(*) from logins where pid <> pg_backend_pid()"]));
    await visit(gate, { database: "market" });
    await visit(gate, { database: "market" });
    const after = Number(await inMarket(["select count(*) from logins where pid <> pg_backend_pid()"]));
    await inMarket(["drop event trigger greet", "drop function greet", "drop table logins"]);
    expect(after - before).toBeGreaterThanOrEqual(2);
  });
});

describe("an idle session", () => {
  test("that the server ends is forgotten, and the next client gets a new one", async () => {
    const pid = await visit(gate);
    await run(server, [`select pg_terminate_backend(${pid}, 5000)`]);
    await until("the pool has heard of it", () => gate.gateway.pool?.idle === 0);
    expect(await visit(gate)).not.toBe(pid);
  });

  test("is closed by pool_idle_timeout", async () => {
    await using short = await startGate(server, { hba, conf: `${conf}pool_idle_timeout = 1\n` });
    const pid = await visit(short);
    await until("it is closed", () => short.gateway.pool?.idle === 0);
    const left = async (): Promise<string> =>
      await run(server, [`select count(*) from pg_stat_activity where pid = ${pid}`]);
    await expect.poll(left, { timeout: 10_000 }).toBe("0");
  });

  test("that is too old is closed by pool_max_age", async () => {
    await using short = await startGate(server, { hba, conf: `${conf}pool_max_age = 1\n` });
    const first = await visit(short);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await visit(short)).not.toBe(first);
  });

  test("ends with the gateway", async () => {
    const other = await startGate(server, { hba, conf });
    const pid = await visit(other);
    await other[Symbol.asyncDispose]();
    expect(await run(server, [`select count(*) from pg_stat_activity where pid = ${pid}`])).toBe("0");
  });
});

test("what the server reports of settings is what the next client is told", async () => {
  const first = await visit(gate, {}, async (client) => {
    await client.query("set timezone = 'Asia/Tokyo'");
    await client.query("set application_name = 'mine'");
  });
  await run(server, ["alter system set datestyle = 'SQL, DMY'", "select pg_reload_conf()"]);
  const client = await enter(gate);
  await ask(client, "select 1");
  const told = client.parameters;
  const pid = await pidOf(client);
  await client.close();
  await run(server, ["alter system reset datestyle", "select pg_reload_conf()"]);
  expect(pid).toBe(first);
  expect(told.get("TimeZone")).not.toBe("Asia/Tokyo");
  expect(told.get("application_name")).toBe("");
  expect(told.get("DateStyle")).toBe("SQL, DMY");
});
