/** Our client half against PostgreSQL 18. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connect,
  dial,
  encodeQuery,
  MessageReader,
  openSession,
  Secret,
  sendCancel,
  ServerError,
  startSession,
} from "../src/index.ts";
import type { ConnectionOptions, HostTarget } from "../src/index.ts";
import { startServer } from "./server.ts";
import type { TestServer } from "./server.ts";

const HBA = `
local all clear password
local all hashed md5
local all scram scram-sha-256
local replication all trust
local all all trust
`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer(HBA);
  const client = await connect(options({}));
  await client.simpleQuery(`
    create role clear login password 'pw';
    create role scram login password 'pw';
    set password_encryption = md5; create role hashed login password 'pw'`);
  await client.close();
});
afterAll(async () => {
  await server.stop();
});

function target(more: Partial<HostTarget> = {}): HostTarget {
  return { host: server.directory, port: 5432, ...more };
}

function options({
  password,
  ...more
}: Partial<ConnectionOptions> & { password?: string }): ConnectionOptions {
  const secret = password === undefined ? null : new Secret(password);
  return { hosts: [target({ password: secret })], user: "postgres", database: "postgres", ...more };
}

const required = (requireAuth: string) => new Map([["require_auth", requireAuth]]);

/** Connects, asks who we are, and leaves. */
async function whoami(more: Partial<ConnectionOptions> & { password?: string }): Promise<unknown> {
  const client = await connect(options(more));
  const { rows } = await client.query("select current_user");
  await client.close();
  return rows[0]?.[0];
}

describe("authentication", () => {
  test.each(["postgres", "clear", "hashed", "scram"])("as %s", async (user) => {
    const client = await connect(options({ user, password: "pw" }));
    expect((await client.query("select current_user")).rows).toEqual([[user]]);
    await client.close();
    expect(await client.closed).toBeNull();
  });

  test.each(["clear", "hashed", "scram"])(
    "as %s with a wrong password is refused in the server's words",
    async (user) => {
      await expect(connect(options({ user, password: "no" }))).rejects.toMatchObject({
        name: "ServerError",
        severity: "FATAL",
        code: "28P01",
        message: `password authentication failed for user "${user}"`,
      });
    },
  );

  test.each(["clear", "hashed", "scram"])("as %s without a password fails on our side", async (user) => {
    await expect(connect(options({ user }))).rejects.toMatchObject({ code: "authentication_failed" });
  });

  test.each([
    ["clear", "scram-sha-256", "server requested a cleartext password"],
    ["clear", "!password", "server requested a cleartext password"],
    ["hashed", "scram-sha-256", "server requested a hashed password"],
    ["scram", "md5,none", "server requested SASL authentication"],
    ["postgres", "scram-sha-256", "server did not complete authentication"],
  ])("as %s is refused under require_auth=%s: %s", async (user, text, reason) => {
    await expect(connect(options({ user, password: "pw", settings: required(text) }))).rejects.toMatchObject({
      code: "authentication_failed",
      message: `authentication method requirement "${text}" failed: ${reason}`,
    });
  });

  test("as scram is fine under require_auth=scram-sha-256", async () => {
    const settings = required("scram-sha-256");
    expect(await whoami({ user: "scram", password: "pw", settings })).toBe("scram");
  });

  test.each(["clear", "hashed", "scram"])("as %s with the password of the passfile", async (user) => {
    const passfile = join(server.directory, "pgpass");
    await writeFile(passfile, `${server.directory}:5432:*:${user}:pw\n`, { mode: 0o600 });
    expect(await whoami({ user, passfile })).toBe(user);
    await rm(passfile);
    await expect(connect(options({ user, passfile }))).rejects.toMatchObject({
      code: "authentication_failed",
      message: "the server asks for a password and none was supplied",
    });
  });

  test("nobody looks for a password that is not asked for, or longer than there is time", async () => {
    let asked = 0;
    const findPassword = () => new Promise<never>(() => (asked += 1));
    const request = { database: "postgres", findPassword };
    const trusted = await startSession(await dial(target(), AbortSignal.timeout(20_000)), {
      ...request,
      user: "postgres",
    });
    trusted.stream.destroy();
    expect(asked).toBe(0);
    const stream = await dial(target(), AbortSignal.timeout(20_000));
    const waiting = startSession(stream, { ...request, user: "scram" }, AbortSignal.timeout(200));
    await expect(waiting).rejects.toMatchObject({ code: "timeout" });
    expect([stream.destroyed, asked]).toEqual([true, 1]);
  });

  test("what this build cannot do is refused before anything is sent", async () => {
    const settings = new Map([["gssencmode", "require"]]);
    await expect(connect(options({ hosts: [target({ port: 1 })], settings }))).rejects.toMatchObject({
      code: "not_supported",
    });
  });
});

describe("queries", () => {
  test("take and give byte strings, NULL apart from the empty string", async () => {
    const client = await connect(options({}));
    const result = await client.query("select $1::text as a, $2::text as b, $3::text as \u00C3\u00A9", [
      "",
      null,
      "\u00C3\u00BC",
    ]);
    expect(result.rows).toEqual([["", null, "\u00C3\u00BC"]]);
    expect(result.columns.map(({ name }) => name)).toEqual(["a", "b", "\u00C3\u00A9"]);
    expect(result.commandTag).toBe("SELECT 1");
    expect((await client.query("")).commandTag).toBe("");
    await client.close();
  });

  test("several statements in one text give several results, up to the first error", async () => {
    const client = await connect(options({}));
    const results = await client.simpleQuery("select 1; create temp table t (); select 2 where false");
    expect(results.map(({ commandTag, rows }) => [commandTag, rows])).toEqual([
      ["SELECT 1", [["1"]]],
      ["CREATE TABLE", []],
      ["SELECT 0", []],
    ]);
    await expect(client.simpleQuery("select 1; select 1/0; select 2")).rejects.toMatchObject({
      code: "22012",
    });
    await client.close();
  });

  test("a pipelined error costs no other call its answer", async () => {
    const client = await connect(options({}));
    const statement = await client.prepare("divide", "select $1::int / $2::int as quotient");
    expect(statement.columns.map(({ name }) => name)).toEqual(["quotient"]);
    const calls = [
      ["8", "2"],
      ["1", "0"],
      ["9", "3"],
      ["x", "1"],
      ["7", "7"],
    ];
    const answers = await Promise.allSettled(calls.map((parameters) => statement.execute(parameters)));
    expect(
      answers.map((answer) =>
        answer.status === "fulfilled" ? answer.value.rows[0]?.[0] : (answer.reason as ServerError).code,
      ),
    ).toEqual(["4", "22012", "3", "22P02", "1"]);
    await client.close();
  });

  test("a name that is not valid UTF-8 is an error of its own call only", async () => {
    const client = await connect(options({}));
    const statement = await client.prepare("who", "select count(*) from pg_roles where rolname = $1");
    const [bad, good] = await Promise.allSettled([
      statement.execute(["\u00FF"]),
      statement.execute(["postgres"]),
    ]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code: "22021" } });
    expect(good).toMatchObject({ status: "fulfilled", value: { rows: [["1"]] } });
    await client.close();
  });

  test("settings and transaction status are kept up to date; notices are passed on", async () => {
    const notices: string[] = [];
    const onNotice = (fields: readonly { type: string; value: string }[]) =>
      notices.push(fields.find(({ type }) => type === "M")?.value ?? "");
    const client = await connect(options({ parameters: [["application_name", "a"]] }), { onNotice });
    expect(client.parameters.get("application_name")).toBe("a");
    await client.simpleQuery("set application_name = 'b'; begin; drop table if exists nothing");
    expect(client.parameters.get("application_name")).toBe("b");
    expect(client.transactionStatus).toBe("T");
    expect(notices).toEqual(['table "nothing" does not exist, skipping']);
    await client.close();
  });

  test("COPY is refused and ends the connection", async () => {
    const client = await connect(options({}));
    await expect(client.simpleQuery("copy (select 1) to stdout")).rejects.toMatchObject({
      code: "not_supported",
    });
    expect(await client.closed).toMatchObject({ code: "not_supported" });
  });
});

describe("limits", () => {
  test("a time-out fails the call and destroys the connection", async () => {
    const client = await connect(options({}));
    const slow = client.query("select pg_sleep(60)", [], { timeout: 20 });
    const behind = client.query("select 1");
    const timeout = { code: "timeout", message: "no answer from the server within 20 ms" };
    expect(await Promise.allSettled([slow, behind])).toMatchObject([
      { reason: timeout },
      { reason: timeout },
    ]);
    expect(await client.closed).toMatchObject(timeout);
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "aborted" });
  });

  test("a message or a result beyond its cap is not taken in", async () => {
    const capped = await connect(options({}), { maxMessageLength: 1000 });
    await expect(capped.query("select repeat('x', 1001)")).rejects.toMatchObject({
      code: "message_too_long",
    });
    const small = await connect(options({}), { maxResultLength: 1000 });
    expect((await small.query("select repeat('x', 900)")).rows).toHaveLength(1);
    await expect(small.query("select repeat('x', 100) from generate_series(1, 10)")).rejects.toMatchObject({
      code: "result_too_large",
    });
  });

  test("ten megabytes in one value come whole", async () => {
    const client = await connect(options({}));
    expect((await client.query("select repeat('x', 10000000)")).rows[0]?.[0]).toHaveLength(10_000_000);
    await client.close();
  });
});

describe("the end of a connection", () => {
  test("by the server is told to whoever waits, in the server's words", async () => {
    const client = await connect(options({}));
    const other = await connect(options({}));
    const pid = (await client.query("select pg_backend_pid()")).rows[0]?.[0] ?? null;
    const waiting = client.query("select pg_sleep(60)");
    const [answer] = await Promise.allSettled([
      waiting,
      other.query("select pg_terminate_backend($1::int)", [pid]),
    ]);
    expect(answer).toMatchObject({ status: "rejected", reason: { code: "57P01" } });
    expect(await client.closed).toBeInstanceOf(Error);
    await other.close();
  });

  test("by ourselves leaves no call waiting", async () => {
    const client = await connect(options({}));
    const waiting = client.query("select pg_sleep(60)");
    const [answer] = await Promise.allSettled([waiting, client.close()]);
    expect(answer).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
  });

  test("of an idle connection is noticed", async () => {
    const client = await connect(options({}));
    const other = await connect(options({}));
    const pid = (await client.query("select pg_backend_pid()")).rows[0]?.[0] ?? null;
    await other.query("select pg_terminate_backend($1::int)", [pid]);
    expect(await client.closed).toMatchObject({ name: "ServerError", code: "57P01" });
    await other.close();
  });
});

describe("sessions", () => {
  test("carry what a gateway needs, and no listener but one on error", async () => {
    const session = await openSession(options({}));
    expect(session.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["server_version", "TimeZone"]),
    );
    expect(session.backendKey?.secretKey).toHaveLength(4);
    const greeted = [...session.parameters.map(() => "parameter"), "key"];
    expect(session.greetings.map(({ kind }) => kind)).toEqual(greeted);
    expect(session).toMatchObject({ status: "I", rest: Buffer.alloc(0) });
    expect(session.server).toBe(join(server.directory, ".s.PGSQL.5432"));
    expect(session.stream.listenerCount("error")).toBe(1);
    expect(["readable", "data", "close"].map((event) => session.stream.listenerCount(event))).toEqual([
      0, 0, 0,
    ]);
    session.stream.destroy();
  });

  test("names go out as they are, and errors come back whole", async () => {
    for (const database of ["-x", "host=evil", "postgresql://evil", "a'b\\", "\u00FF"]) {
      const error: unknown = await openSession(options({ database })).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({ code: "3D000", message: `database "${database}" does not exist` });
      expect((error as ServerError).fields.map(({ type }) => type).join("")).toBe("SVCMFLR");
    }
  });

  test("replication sessions can be opened: physical without a database", async () => {
    const stream = await dial(target(), AbortSignal.timeout(5000));
    const session = await startSession(stream, {
      user: "postgres",
      database: "",
      parameters: [["replication", "true"]],
    });
    expect(session.status).toBe("I");
    stream.destroy();
  });

  test("a client's connection can be given away, and cancelled with its key", async () => {
    const client = await connect(options({}));
    await client.query("set application_name = 'given'");
    const session = client.release();
    expect(session.parameters).toContainEqual({ name: "application_name", value: "given" });
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "aborted" });
    session.stream.write(encodeQuery("do $$ begin raise notice 'asleep'; perform pg_sleep(60); end $$"));
    const reader = new MessageReader(session.stream, session.rest);
    // A cancel request that comes before the query is lost.
    expect((await reader.readMessage(10_000)).body.toString("latin1")).toContain("Masleep\0");
    const [wanted] = [session.backendKey];
    expect(wanted).not.toBeNull();
    if (wanted !== null) {
      await sendCancel(target(), wanted, AbortSignal.timeout(20_000));
    }
    expect((await reader.readMessage(10_000)).body.toString("latin1")).toContain("C57014\0");
    reader.release();
    session.stream.destroy();
  });
});

describe("finding the server", () => {
  test("a socket path longer than the system's limit", async () => {
    const long = join(server.directory, "d".repeat(100));
    await symlink(server.directory, long);
    expect(await whoami({ hosts: [target({ host: long })] })).toBe("postgres");
  });

  test("a socket directory whose name is no text", async () => {
    const odd = `${server.directory}/\u00FF`;
    await symlink(server.directory, Buffer.from(odd, "latin1"));
    expect(await whoami({ hosts: [target({ host: odd })] })).toBe("postgres");
  });

  test("the next host is tried if one cannot be reached", async () => {
    await mkdir(join(server.directory, "empty"), { recursive: true });
    const hosts = [target({ host: join(server.directory, "empty") }), target()];
    expect(await whoami({ hosts })).toBe("postgres");
  });

  test("a refusal is final: the next host is not tried", async () => {
    const refused = connect(options({ hosts: [target(), target({ port: 1 })], database: "nowhere" }));
    await expect(refused).rejects.toMatchObject({ code: "3D000" });
  });

  test("if none can be reached, the error names each", async () => {
    const path = join(server.directory, ".s.PGSQL.1");
    const hosts = [target({ port: 1 }), target({ port: 1 })];
    const line = `connection to server on socket "${path}" failed: no such file or directory`;
    await expect(connect(options({ hosts }))).rejects.toMatchObject({
      code: "connect_failed",
      message: `${line}\n${line}`,
    });
  });
});
