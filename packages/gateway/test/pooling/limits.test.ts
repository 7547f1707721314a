import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate, until } from "../gate.ts";
import { atRest, enter, pidOf, visit } from "./guest.ts";

const hba = "host all all 127.0.0.1/32 trust\n";
const conf = "pool_mode = session\n";

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({ major: 18 });
  await run(server, [
    ...setUp,
    "create role other login",
    "create role narrow login connection limit 1",
    "create database market",
  ]);
});

afterAll(async () => {
  await server?.stop();
});

describe("when all places are taken", () => {
  test("a login waits for one, and gets it when somebody leaves", async () => {
    await using gate = await startGate(server, { hba, conf: `${conf}pool_size = 1\n` });
    const first = await enter(gate);
    const pid = await pidOf(first);
    const waiting = enter(gate);
    await until("it waits", () => gate.gateway.pool?.waiting === 1);
    await first.close();
    const second = await waiting;
    expect(await pidOf(second)).toBe(pid);
    await second.close();
  });

  test("and hears so in PostgreSQL's words when pool_wait_timeout has passed", async () => {
    await using gate = await startGate(server, {
      hba,
      conf: `${conf}pool_size = 1\npool_wait_timeout = 1\n`,
    });
    const first = await enter(gate);
    await expect(enter(gate, { user: "other" })).rejects.toMatchObject({
      code: "53300",
      message: "sorry, too many clients already",
      detail: "No session became free within 1 s.",
    });
    expect(gate.log()).toContain("pool_size = 1, pool_size_per_role = 0");
    await first.close();
    await visit(gate, { user: "other" });
  });

  test("somebody who gives up waiting is waited for no more", async () => {
    await using gate = await startGate(server, {
      hba,
      conf: `${conf}pool_size = 1\nauthentication_timeout = 1\n`,
    });
    const first = await enter(gate);
    await expect(enter(gate)).rejects.toThrow("the peer closed the connection");
    await until("nobody waits", () => gate.gateway.pool?.waiting === 0);
    await first.close();
    await visit(gate);
  });

  test("roles take turns", async () => {
    await using gate = await startGate(server, { hba, conf: `${conf}pool_size = 1\n` });
    const first = await enter(gate);
    const order: string[] = [];
    const come = async (user: string): Promise<void> => {
      const client = await enter(gate, { user });
      order.push(user);
      await client.close();
    };
    const coming: Promise<void>[] = [];
    for (const [at, user] of ["app", "app", "app", "other"].entries()) {
      coming.push(come(user));
      await until("it waits", () => gate.gateway.pool?.waiting === at + 1);
    }
    await first.close();
    await Promise.all(coming);
    expect(order.indexOf("other")).toBeLessThanOrEqual(1);
  });

  test("those of one role in one database keep nobody else out", async () => {
    await using gate = await startGate(server, { hba, conf: `${conf}pool_size_per_role = 1\n` });
    const first = await enter(gate);
    const waiting = enter(gate);
    await until("it waits", () => gate.gateway.pool?.waiting === 1);
    expect(gate.gateway.pool).toMatchObject({ inUse: 1, waiting: 1 });
    const [other, market] = await Promise.all([
      enter(gate, { user: "other" }),
      enter(gate, { database: "market" }),
    ]);
    await Promise.all([other.close(), market.close(), first.close()]);
    await (await waiting).close();
    await atRest(gate);
  });
});

test("who waits for a session is no stranger any more, and keeps nobody from coming in", async () => {
  await using gate = await startGate(server, {
    hba,
    conf: `${conf}pool_size_per_role = 1\nmax_connections = 12\nsuperuser_reserved_connections = 0\n`,
  });
  const first = await enter(gate);
  const waiting = [enter(gate), enter(gate), enter(gate), enter(gate)];
  await until("they wait", () => gate.gateway.pool?.waiting === waiting.length);
  const other = await enter(gate, { user: "other" });
  expect(gate.gateway.pool).toMatchObject({ waiting: waiting.length });
  await other.close();
  await first.close();
  for (const one of waiting) await (await one).close();
});

describe("an idle session costs nobody his place", () => {
  test("and there are never more of all than there are slots, or places of a role", async () => {
    await using gate = await startGate(server, {
      hba,
      conf: `${conf}max_connections = 6\nsuperuser_reserved_connections = 0\npool_size_per_role = 3\n`,
    });
    for (let n = 0; n < 12; n += 1) {
      const user = n % 2 === 0 ? "app" : "other";
      await visit(gate, { user, parameters: [["application_name", `n${n}`]] });
    }
    const count = "select count(*) from pg_stat_activity where usename in ('app', 'other')";
    expect(Number(await run(server, [count]))).toBeLessThanOrEqual(6);
    const three = await Promise.all(
      ["x", "y", "z"].map(async (name) => await enter(gate, { parameters: [["application_name", name]] })),
    );
    expect(await run(server, ["select count(*) from pg_stat_activity where usename = 'app'"])).toBe("3");
    await Promise.all(three.map(async (client) => await client.close()));
  });

  test("nor do those of others make room where only its own role has none", async () => {
    await using gate = await startGate(server, { hba, conf });
    const login = { user: "narrow" } as const;
    for (const name of ["a", "b", "c"]) await visit(gate, { parameters: [["application_name", name]] });
    const holder = await enter(gate, { ...login, database: "market" });
    await expect(enter(gate, { ...login, database: "postgres" })).rejects.toMatchObject({ code: "53300" });
    expect(gate.gateway.pool).toMatchObject({ idle: 3 });
    await holder.close();
  });

  test("when the pool is full", async () => {
    await using gate = await startGate(server, { hba, conf: `${conf}pool_size = 1\n` });
    const pid = await visit(gate);
    await visit(gate, { user: "other" });
    expect(await run(server, [`select count(*) from pg_stat_activity where pid = ${pid}`])).toBe("0");
    expect(gate.gateway.pool).toMatchObject({ idle: 1, opened: 2 });
  });

  test("when the role has had all of its own at the server", async () => {
    const itsSessions = "select count(*) from pg_stat_activity where usename = 'narrow'";
    await until("those before are gone", async () => (await run(server, [itsSessions])) === "0");
    await using gate = await startGate(server, { hba, conf });
    const login = { user: "narrow" } as const;
    const first = await visit(gate, login);
    const second = await visit(gate, { ...login, parameters: [["application_name", "another"]] });
    expect(second).not.toBe(first);
  });

  test("when the server is full", async () => {
    await using small = await startPostgres({
      major: 18,
      settings: {
        max_connections: "8",
        superuser_reserved_connections: "0",
        reserved_connections: "0",
        max_wal_senders: "0",
      },
    });
    await run(small, setUp);
    await using gate = await startGate(small, { hba, conf });
    for (const name of ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
      await visit(gate, { parameters: [["application_name", name]] });
    expect(gate.gateway.pool).toMatchObject({ opened: 10, reused: 0 });
  });

  test("but whoever is too many for the server himself hears so", async () => {
    await using gate = await startGate(server, { hba, conf });
    const first = await enter(gate, { user: "narrow" });
    await expect(enter(gate, { user: "narrow" })).rejects.toMatchObject({
      code: "53300",
      message: 'too many connections for role "narrow"',
    });
    await first.close();
  });
});
