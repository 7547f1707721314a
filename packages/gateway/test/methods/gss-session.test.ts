import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startKdc, startPostgres } from "@sallyport/testkit";
import type { CommandResult, Kdc, PsqlOptions, TestPostgres, Ticket } from "@sallyport/testkit";
import { encodeGssencRequest, encodeQuery } from "@sallyport/wire";
import { debianPrograms } from "../clients/libpq.ts";
import { run, setUp, startGate, until } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { packet, sealedTalkTo, startup, talkTo } from "./gss-talk.ts";

let kdc: Kdc;
let ticket: Ticket;
let upstream: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  kdc = await startKdc({ users: ["app"] });
  process.env["KRB5_CONFIG"] = kdc.configuration;
  ticket = await kdc.ticket("app");
  upstream = await startPostgres();
  await run(upstream, setUp);
});

beforeEach(async () => {
  await gate?.[Symbol.asyncDispose]();
  gate = await startGate(upstream, {
    hba: "hostgssenc all all all gss include_realm=0\n",
    conf: `krb_server_keyfile = 'FILE:${kdc.keytab}'\npool_mode = off\n`,
  });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await upstream?.stop();
  await kdc?.[Symbol.asyncDispose]();
});

function environment(): Record<string, string> {
  return { ...ticket.environment, PGGSSENCMODE: "require", PGPASSWORD: "none" };
}

async function psql(args: readonly string[], options: PsqlOptions = {}): Promise<CommandResult> {
  return await gate.psql("app", args, { ...options, env: environment() });
}

interface Running {
  readonly process: ChildProcess;
  /** What it says on standard error, when it is over. */
  readonly said: Promise<string>;
}

function psqlProcess(args: readonly string[]): Running {
  const place = { PGHOST: "127.0.0.1", PGPORT: String(gate.port), PGUSER: "app", PGDATABASE: "shop" };
  const env = { PATH: process.env["PATH"], ...place, ...environment() };
  const stdio = ["pipe", "ignore", "pipe"] as const;
  const child = spawn(join(debianPrograms, "psql"), ["-Xw", ...args], { cwd: "/", env, stdio: [...stdio] });
  return { process: child, said: text(child.stderr) };
}

const sleep = ["-c", "select pg_sleep(60)"];

async function asleep(): Promise<void> {
  await until(
    "it sleeps",
    async () =>
      (await run(upstream, ["select count(*) from pg_stat_activity where wait_event = 'PgSleep'"])) === "1",
  );
}

/** Digests of what arrived, so that no byte of it may differ. */
const megabyte = "select md5(repeat('0123456789abcdef', 65536)), length(repeat('0123456789abcdef', 65536))";

describe("what passes a connection with GSSAPI encryption arrives whole", () => {
  test("a row of a megabyte", async () => {
    const { stdout } = await psql(["-c", "select repeat('0123456789abcdef', 65536)"]);
    expect(stdout).toBe(`${"0123456789abcdef".repeat(65_536)}\n`);
  });

  test("a query of 200 kB", async () => {
    const words = "abcdefgh".repeat(25_000);
    const { stdout } = await psql(["-f", "-"], {
      input: `select md5('${words}') = md5(repeat('abcdefgh', 25000));\n`,
    });
    expect(stdout).toBe("t\n");
  });

  test("COPY, both ways", async () => {
    const rows = Array.from({ length: 100_000 }, (_, row) => `${row}\tsomething of row ${row}`).join("\n");
    const input = `create temp table rows (number int, words text);
copy rows from stdin;
${rows}
\\.
copy (select * from rows order by number) to stdout;
`;
    const { status, stdout, stderr } = await psql(["-q", "-f", "-"], { input });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout === `${rows}\n`).toBe(true);
  });

  test("many small rows, and many statements", async () => {
    const input = Array.from({ length: 2000 }, (_, number) => `select ${number};`).join("\n");
    const { stdout } = await psql(["-f", "-"], { input });
    expect(stdout).toBe(Array.from({ length: 2000 }, (_, number) => `${number}\n`).join(""));
    const { stdout: sum } = await psql(["-c", megabyte, "-c", "select generate_series(1, 100000)"]);
    expect(sum.trimEnd().split("\n")).toHaveLength(100_001);
  });
});

describe("a session with GSSAPI encryption", () => {
  test("is cancelled by psql's cancel request", async () => {
    const { process: client, said } = psqlProcess(sleep);
    await asleep();
    client.kill("SIGINT");
    expect(await said).toBe("Cancel request sent\nERROR:  canceling statement due to user request\n");
  });

  test.for([
    ["fast", "FATAL:  terminating connection due to administrator command"],
    ["immediate", "WARNING:  terminating connection due to immediate shutdown command"],
  ] as const)("hears of a %s stop", async ([mode, words]) => {
    const { said } = psqlProcess(sleep);
    await asleep();
    await gate.gateway.stop(mode);
    expect(await said).toContain(words);
    await until(
      "nobody sleeps",
      async () =>
        (await run(upstream, ["select count(*) from pg_stat_activity where wait_event = 'PgSleep'"])) === "0",
    );
  });

  test("hears of the loss of its upstream session", async () => {
    const { said } = psqlProcess(sleep);
    await asleep();
    await run(upstream, [
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'",
    ]);
    expect(await said).toContain("FATAL:  terminating connection due to administrator command");
  });

  test("ends with its client, and its upstream session with it", async () => {
    const { process: client } = psqlProcess(["-f", "-"]);
    const count = "select count(*) from pg_stat_activity where usename = 'app'";
    await until("it is in", async () => (await run(upstream, [count])) === "1");
    client.kill("SIGKILL");
    await until("the house is empty", () => gate.gateway.guestBook.visits.length === 0);
    await expect.poll(async () => await run(upstream, [count]), { timeout: 30_000 }).toBe("0");
  });

  test("shows in the guest book", async () => {
    const { process: client } = psqlProcess(sleep);
    await asleep();
    expect(gate.gateway.guestBook.visits).toMatchObject([
      { tls: null, gss: { principal: { name: "app@EXAMPLE.COM" } }, identity: "app@EXAMPLE.COM" },
    ]);
    client.kill("SIGKILL");
    await once(client, "close");
  });
});

test("whoever stalls before his startup packet is closed within the time limit", async () => {
  await using hasty = await startGate(upstream, {
    hba: "hostgssenc all all all gss include_realm=0\n",
    conf: `krb_server_keyfile = 'FILE:${kdc.keytab}'\nauthentication_timeout = 1\n`,
  });
  using granted = talkTo(hasty.port);
  granted.say(encodeGssencRequest());
  using halfway = talkTo(hasty.port);
  halfway.say(encodeGssencRequest());
  expect((await halfway.hear(1))?.toString()).toBe("G");
  halfway.say(packet(Buffer.alloc(10), 100));
  using sealed = await sealedTalkTo(hasty.port, ticket);
  sealed.saySealed(startup("app").subarray(0, 10));
  expect((await granted.hearOut()).toString()).toBe("G");
  for (const talk of [halfway, sealed]) expect(await talk.hearOut()).toHaveLength(0);
  await until("nobody is left", () => hasty.gateway.guestBook.visits.length === 0);
  expect(hasty.log()).not.toContain("FATAL");
});

test("a client that shuts its side is still answered", async () => {
  using talk = await sealedTalkTo(gate.port, ticket);
  talk.saySealed(startup("app"));
  while (!(await talk.hearSealed())?.includes("Z\0\0\0\x05I"));
  talk.saySealed(encodeQuery("select repeat('x', 100000)"));
  talk.socket.end();
  let heard = "";
  for (let more = await talk.hearSealed(); more !== null; more = await talk.hearSealed())
    heard += more.toString("latin1");
  expect(heard.length).toBeGreaterThan(100_000);
  expect(heard).toContain("Z\0\0\0\x05I");
});

test("fifty sessions at a time", async () => {
  const all = await Promise.all(
    Array.from(
      { length: 50 },
      async (_, number) => await psql(["-c", `select ${number}, length(repeat('x', 100000))`]),
    ),
  );
  expect(all.map(({ stdout }) => stdout)).toEqual(
    Array.from({ length: 50 }, (_, number) => `${number}|100000\n`),
  );
});
