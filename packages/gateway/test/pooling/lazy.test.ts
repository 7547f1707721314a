import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeCancelRequest, encodeQuery } from "@sallyport/wire";
import { run, setUp, startGate, until } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { knock, logIn } from "../raw-client.ts";
import { ask, atRest, closures, comeAgain, enter, pidOf, visit } from "./guest.ts";

const hba = "host all all 127.0.0.1/32 scram-sha-256\n";
const conf = "pool_mode = session\nlazy_upstream = on\n";

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ major: 18 });
  await run(server, [...setUp, "create role narrow login password 'narrow-secret' connection limit 1"]);
});

beforeEach(async () => {
  gate = await startGate(server, { hba, conf });
  return async () => await gate[Symbol.asyncDispose]();
});

afterAll(async () => {
  await server?.stop();
});

/** Backends of a role. */
async function backends(user: string): Promise<number> {
  return Number(await run(server, [`select count(*) from pg_stat_activity where usename = '${user}'`]));
}

describe("a client that has asked for nothing has no session upstream", () => {
  test("if one like it is open; and gets one when it asks", async () => {
    const pid = await visit(gate);
    const clients = await Promise.all([enter(gate), enter(gate), enter(gate)]);
    expect(gate.gateway.pool).toMatchObject({ inUse: 0, idle: 1 });
    expect(await backends("app")).toBe(1);
    const [first, second, third] = clients;
    expect(await pidOf(first)).toBe(pid);
    expect(await pidOf(second)).not.toBe(pid);
    await third.close();
    await Promise.all([first.close(), second.close()]);
    await atRest(gate);
    expect(gate.gateway.pool).toMatchObject({ opened: 2, idle: 2 });
  });

  test("and is told the same settings as if it had", async () => {
    const eager = await enter(gate);
    const told = new Map(eager.parameters);
    await eager.close();
    await atRest(gate);
    const lazy = await enter(gate);
    expect(new Map(lazy.parameters)).toEqual(told);
    await lazy.close();
  });

  test("and what has changed by then it is told before the answer", async () => {
    await visit(gate);
    const lazy = await enter(gate);
    await run(server, ["alter system set datestyle = 'German'", "select pg_reload_conf()"]);
    await until("new sessions see it", async () =>
      (await run(server, ["show datestyle"])).startsWith("German"),
    );
    await ask(lazy, "select 1");
    const style = lazy.parameters.get("DateStyle");
    await lazy.close();
    await run(server, ["alter system reset datestyle", "select pg_reload_conf()"]);
    expect(style).toMatch(/^German/);
  });

  test("nor needs one to leave, whether it says so or not", async () => {
    await visit(gate);
    const [one, two] = [await enter(gate), await enter(gate)];
    await one.close();
    two.destroy();
    await until("both have left", () => gate.gateway.slotsTaken === 0);
    expect(gate.gateway.pool).toMatchObject({ opened: 1, reused: 0 });
  });

  test("but what it sends with its last word of the login is answered", async () => {
    await visit(gate);
    const { reader, socket } = await logIn(gate.tcp, { user: "app" }, encodeQuery("select 4711"));
    const answer = await reader.readMessage(1000, AbortSignal.timeout(5000));
    expect(answer.type).toBe("T");
    reader.release();
    socket.destroy();
  });
});

describe("it has one from the beginning", () => {
  test("if none like it is open", async () => {
    const client = await enter(gate);
    expect(await backends("app")).toBe(1);
    await client.close();
  });

  test("if settings have been changed since", async () => {
    await visit(gate);
    await run(server, ["alter role app set work_mem = '9MB'"]);
    const client = await enter(gate);
    expect(gate.gateway.pool).toMatchObject({ inUse: 1, opened: 2 });
    expect(await ask(client, "show work_mem")).toBe("9MB");
    await client.close();
    await run(server, ["alter role app reset work_mem"]);
  });

  test.for(closures)("and so is refused at once without %s, by the server", async (closure) => {
    expect(await comeAgain(gate, server, closure)).toMatchObject({ code: closure[3] });
  });
});

describe("what fails later", () => {
  test("a limit of the server is met at the first query, in its words", async () => {
    const holder = await enter(gate, { user: "narrow" });
    await ask(holder, "select 1");
    const lazy = await enter(gate, { user: "narrow" });
    await expect(ask(lazy, "select 1")).rejects.toMatchObject({
      code: "53300",
      message: 'too many connections for role "narrow"',
    });
    await lazy.closed;
    expect(gate.log()).toContain('53300 FATAL:  too many connections for role "narrow"');
    await holder.close();
  });

  test("a server that is gone by then", async () => {
    await using own = await startPostgres({ major: 18 });
    await run(own, setUp);
    await using lazyGate = await startGate(own, { hba, conf });
    await visit(lazyGate);
    const lazy = await enter(lazyGate);
    await own.stop();
    await expect(ask(lazy, "select 1")).rejects.toMatchObject({ code: "57P03" });
  });
});

test("a session that is opened later is as the catalogue says then, and is nobody's by what it said before", async () => {
  await using short = await startGate(server, { hba, conf: `${conf}pool_idle_timeout = 1\n` });
  await visit(short);
  const lazy = await enter(short);
  await until("none is idle any more", () => short.gateway.pool?.idle === 0);
  await run(server, ["alter role app set work_mem = '9MB'"]);
  expect(await ask(lazy, "show work_mem")).toBe("9MB");
  await run(server, ["alter role app reset work_mem"]);
  await lazy.close();
  await atRest(short);
  const fresh = await enter(short);
  expect(await ask(fresh, "show work_mem")).toBe("4MB");
  await fresh.close();
});

describe("somebody without a session", () => {
  test("who asks for one that is long in coming, and goes, waits for it no longer", async () => {
    await using narrow = await startGate(server, { hba, conf: `${conf}pool_size = 1\n` });
    const holder = await enter(narrow);
    const { socket, reader } = await logIn(narrow.tcp, { user: "app" });
    reader.release();
    socket.write(encodeQuery("select 1"));
    await until("it waits", () => narrow.gateway.pool?.waiting === 1);
    socket.resetAndDestroy();
    await until("it waits no more", () => narrow.gateway.pool?.waiting === 0);
    expect(narrow.gateway.pool).toMatchObject({ inUse: 1, opened: 1 });
    await holder.close();
  });

  test("may cancel, which does nothing, until there is one", async () => {
    await visit(gate);
    const { replies, reader, socket } = await logIn(gate.tcp, { user: "app" });
    const key = replies.find(({ kind }) => kind === "K")?.body ?? Buffer.alloc(0);
    const request = encodeCancelRequest({ processId: key.readInt32BE(0), secretKey: key.subarray(4) });
    expect(await knock(gate.tcp, request)).toEqual(Buffer.of());
    socket.write(encodeQuery("select pg_sleep(30)"));
    await until("it sleeps", async () => {
      const sql = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
      return (await run(server, [sql])) === "1";
    });
    await knock(gate.tcp, request);
    const kinds: string[] = [];
    while (kinds.at(-1) !== "Z")
      kinds.push((await reader.readMessage(10_000, AbortSignal.timeout(10_000))).type);
    expect(kinds).toContain("E");
    reader.release();
    socket.destroy();
  });

  test("is told when the gateway ends", async () => {
    const other = await startGate(server, { hba, conf });
    await visit(other);
    const lazy = await enter(other);
    const [reason] = await Promise.all([lazy.closed, other.gateway.stop("fast")]);
    expect(reason).toMatchObject({
      code: "57P01",
      message: "terminating connection due to administrator command",
    });
    await other[Symbol.asyncDispose]();
  });

  test("holds a slot of the gateway", async () => {
    await using small = await startGate(server, {
      hba,
      conf: `${conf}max_connections = 2\nsuperuser_reserved_connections = 0\n`,
    });
    await visit(small);
    const both = [await enter(small), await enter(small)];
    await expect(enter(small)).rejects.toMatchObject({ code: "53300" });
    await Promise.all(both.map(async (client) => await client.close()));
  });
});
