import { once } from "node:events";
import { encodeTerminate } from "@sallyport/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logIn } from "../../packages/gateway/test/raw-client.ts";
import { clientOf, treeOf } from "./clients.ts";
import type { Client } from "./clients.ts";
import { compareAttempts, difference, newMemory } from "./compare.ts";
import { outcomeOf } from "./outcomes.ts";
import { startTwins } from "./twins.ts";
import type { Twin, Twins } from "./twins.ts";

/** Of six slots three are for everybody, one is for roles with privileges of a certain role, two for superusers. */
const atStart = { max_connections: "6", reserved_connections: "1", superuser_reserved_connections: "2" };

let twins: Twins;
beforeAll(async () => {
  twins = await startTwins({
    atStart,
    statements: [
      "create role deputy login in role pg_use_reserved_connections",
      "create role deputies in role pg_use_reserved_connections",
      "create role distant login noinherit",
      "grant deputies to distant",
      "create role single login connection limit 1",
      "create database single connection limit 1",
    ],
  });
});
afterAll(async () => {
  await twins[Symbol.asyncDispose]();
});

/** What PostgreSQL makes of clients that come one after another, while these sessions are open on both sides. */
async function outcomesBeside(
  open: readonly Client[],
  clients: readonly Client[],
): Promise<readonly string[]> {
  const tree = treeOf("host unproved all all scram-sha-256\nhost all,replication all all trust\n");
  const memory = newMemory(twins.salts);
  return await twins.under(tree, async (pair) => {
    await using held = new AsyncDisposableStack();
    for (const client of open)
      for (const twin of [pair.server, pair.gateway]) held.defer(await session(twin, client));
    const seen: string[] = [];
    for (const client of clients) {
      const [compared] = await compareAttempts(pair, [clientOf(client)], memory);
      if (!compared) continue;
      expect(difference(compared) ?? "").toBe("");
      seen.push(outcomeOf(compared));
    }
    return seen;
  });
}

/** @returns what ends it, and waits for that */
async function session(
  { port }: Twin,
  { user = "bob", database = "shop" }: Client,
): Promise<() => Promise<void>> {
  const { socket, reader, replies } = await logIn({ host: "127.0.0.1", port }, { user, database });
  if (replies.at(-1)?.kind !== "Z") throw new Error(`${user} is not in: ${replies.at(-1)?.words.join(" ")}`);
  reader.release();
  return async () => {
    const closed = once(socket, "close");
    socket.resume().end(encodeTerminate());
    await closed;
  };
}

const bob: Client = { user: "bob" };
const tooMany = "53300 | sorry, too many clients already";
const forSuperusers =
  "53300 | remaining connection slots are reserved for roles with the SUPERUSER attribute";
const forDeputies =
  '53300 | remaining connection slots are reserved for roles with privileges of the "…" role';
const roleLimit = '53300 | too many connections for role "…"';
const databaseLimit = '53300 | too many connections for database "…"';

describe("with three slots taken", () => {
  test("the fourth is for deputies and superusers, once they are known", async () => {
    const clients = ["bob", "deputy", "distant", "boss", "ghost", "retired"].map((user) => ({
      user,
    }));
    expect(await outcomesBeside([bob, bob, bob], clients)).toEqual([
      forDeputies,
      "in by trust",
      forDeputies,
      "in by trust",
      '28000 | role "…" does not exist',
      '28000 | role "…" is not permitted to log in',
    ]);
  });

  test("nothing is wrong with the database before the slot is right", async () => {
    const clients = ["nowhere", "closed", "crowded"].map((database) => ({ database }));
    expect(await outcomesBeside([bob, bob, bob], clients)).toEqual([forDeputies, forDeputies, forDeputies]);
  });

  test("whoever does not prove himself hears nothing of slots", async () => {
    const client = { database: "unproved", password: "x" };
    expect(await outcomesBeside([bob, bob, bob], [client])).toEqual([
      '28P01 | password authentication failed for user "…", asked for SASL',
    ]);
  });

  test("walsenders have slots of their own", async () => {
    const client: Client = { user: "copier", more: [["replication", "true"]] };
    expect(await outcomesBeside([bob, bob, bob], [client])).toEqual(["walsender in by trust"]);
  });
});

describe("with four slots taken", () => {
  const open = [bob, bob, bob, { user: "deputy" }];
  test("the last two are for superusers", async () => {
    const clients = ["bob", "deputy", "boss"].map((user) => ({ user }));
    expect(await outcomesBeside(open, clients)).toEqual([forSuperusers, forSuperusers, "in by trust"]);
  });
});

describe("with all slots taken", () => {
  const open = [bob, bob, bob, { user: "deputy" }, { user: "boss" }, { user: "boss" }];
  test("nobody is asked who he is", async () => {
    const clients: Client[] = [{ user: "boss" }, { user: "ghost" }, { database: "unproved" }];
    expect(await outcomesBeside(open, clients)).toEqual([tooMany, tooMany, tooMany]);
  });

  test("walsenders have slots of their own", async () => {
    const client: Client = { user: "copier", more: [["replication", "true"]] };
    expect(await outcomesBeside(open, [client])).toEqual(["walsender in by trust"]);
  });
});

describe("limits of a role and of a database", () => {
  test("count who is in", async () => {
    const clients: Client[] = [
      { user: "single" },
      { database: "single" },
      { user: "boss", database: "single" },
    ];
    expect(await outcomesBeside([], clients)).toEqual(["in by trust", "in by trust", "in by trust"]);
    expect(await outcomesBeside([{ user: "single", database: "single" }], clients)).toEqual([
      roleLimit,
      databaseLimit,
      "in by trust",
    ]);
  });
});
