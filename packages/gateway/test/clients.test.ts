import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { allClients } from "./clients/all-clients.ts";
import type { Client, ClientSession, Login } from "./clients/client.ts";
import { postgresJs } from "./clients/postgres-js.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

let server: TestPostgres;
let gate: TestGate;
let app: Login;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n" });
  app = { host: "127.0.0.1", port: gate.port, user: "app", database: "shop", password: "app-secret" };
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** Does something in a session, which ends whatever comes of it. */
async function inSession<T>(
  { connect }: Client,
  login: Login,
  use: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const session = await connect(login);
  try {
    return await use(session);
  } finally {
    await session.end();
  }
}

describe.for(allClients)("$name", (client) => {
  test("comes in by SCRAM, as the role and to the database that it said", async () => {
    await inSession(client, app, async ({ query }) => {
      expect(await query("select current_user || ' in ' || current_database()")).toEqual(["app in shop"]);
    });
  });

  test("is told that its password is wrong", async () => {
    const words = 'password authentication failed for user "app"';
    await expect(client.connect({ ...app, password: "wrong" })).rejects.toThrow(words);
  });

  test("has the settings that it came with", async () => {
    const settings = { work_mem: "5MB" };
    await inSession(client, { ...app, applicationName: "till", settings }, async ({ query }) => {
      expect(await query("show application_name")).toEqual(["till"]);
      expect(await query("show work_mem")).toEqual(["5MB"]);
    });
  });

  test("runs several statements at once, and gets the last one's rows", async () => {
    await inSession(client, app, async ({ query }) => {
      expect(await query("create temp table t (n int); insert into t values (1), (2); table t")).toEqual([
        "1",
        "2",
      ]);
    });
  });

  test("goes on after an error in a transaction, once that is rolled back", async () => {
    await inSession(client, app, async ({ query }) => {
      await query("begin");
      await expect(query("select 1/0")).rejects.toThrow("division by zero");
      await expect(query("select 1")).rejects.toThrow("current transaction is aborted");
      await query("rollback");
      expect(await query("select 'on'")).toEqual(["on"]);
    });
  });

  test("sends and receives a value of 16 MB", async () => {
    const value = "0123456789abcdef".repeat(1_048_576);
    await inSession(client, app, async ({ query }) => {
      expect(await query(`select md5('${value}')`)).toEqual([md5(value)]);
      const [answer = ""] = await query("select repeat('0123456789abcdef', 1048576)");
      expect(answer.length).toBe(16_777_216);
      expect(md5(answer)).toBe(md5(value));
    });
  });

  test("copies several MB in and out", async () => {
    const rows = Array.from({ length: 100_000 }, (_, n) => `${n}\t${"y".repeat(n % 50)}\n`).join("");
    expect(rows.length).toBeGreaterThan(2_000_000);
    await inSession(client, app, async ({ query, copyIn, copyOut }) => {
      await query("create temp table t (n int, v text)");
      await copyIn("t", Buffer.from(rows));
      expect(md5((await copyOut("t")).toString())).toBe(md5(rows));
    });
  });

  test("hears what another session notifies it of", async () => {
    await inSession(client, app, async ({ listen, notification }) => {
      await listen("bell");
      await inSession(client, app, async ({ query }) => {
        await query("notify bell, 'one'");
        await query("notify bell, 'two'");
      });
      expect([await notification(), await notification()]).toEqual(["one", "two"]);
    });
  });

  test("takes its leave, and so does its session upstream", async () => {
    await using quiet = await startGate(server, {
      hba: "host all all all scram-sha-256\n",
      conf: "pool_mode = off",
    });
    const login = { ...app, port: quiet.port };
    const pid = await inSession(client, login, async ({ query }) => await query("select pg_backend_pid()"));
    await quiet.logged("disconnection: session time");
    expect(await run(server, [`select count(*) from pg_stat_activity where pid = ${pid[0]}`])).toBe("0");
    expect(quiet.log()).not.toMatch(/ (WARNING|ERROR|FATAL|PANIC): /);
  });
});

// postgres.js lets go of its stream when the data is out, and never hears of an error that comes later.
describe.for(allClients.filter((client) => client !== postgresJs))("$name", (client) => {
  test("hears what is wrong with a row that it copies in, and goes on", async () => {
    await inSession(client, app, async ({ query, copyIn }) => {
      await query("create temp table t (n int)");
      const bad = copyIn("t", Buffer.from("1\nnone\n3\n"));
      await expect(bad).rejects.toThrow('invalid input syntax for type integer: "none"');
      expect(await query("select count(*) from t")).toEqual(["0"]);
    });
  });
});

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
