import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { converse, isIn, refusal } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";
import { run, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { passthrough } from "./passing.ts";

// auth_source = upstream: nobody here knows a secret, and the upstream judges the password.

describe("auth_source = upstream", () => {
  const conf = `${passthrough}auth_source = upstream\n`;
  const clearHba = "host all all all password\n";
  let server: TestPostgres;
  let gate: TestGate;

  beforeAll(async () => {
    server = await startPostgres({
      tcp: true,
      hba: `local all postgres,sallyport trust
local open all trust
local plain all password
local barred all reject
local all five md5
local all all scram-sha-256
host all all 127.0.0.1/32 trust
`,
    });
    await run(server, [
      "create role sallyport login",
      "create role app login password 'app-secret'",
      "create role late login password 'late-secret' valid until '2020-01-01'",
      "create role bare login",
      "create role idle password 'idle-secret'",
      "create role shut login password 'shut-secret' connection limit 0",
      "set password_encryption = md5; create role five login password 'five-secret'",
      ...["shop", "open", "plain", "barred"].map((name) => `create database ${name}`),
    ]);
    gate = await startGate(server, { hba: clearHba, conf });
  });

  afterAll(async () => {
    await gate?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function attempt(user: string, password = `${user}-secret`, database = "shop") {
    const talk = await converse(gate.tcp, loginLines(user, password, startup(user, database)));
    return { talk, in: isIn(talk), heard: refusal(talk) };
  }

  const refusedAs = (user: string): readonly string[] => [
    "28P01",
    `password authentication failed for user "${user}"`,
  ];

  test.each([
    ["app", "shop"],
    ["five", "shop"],
    ["app", "plain"],
  ])("the upstream judges the password of role %s in database %s", async (user, database) => {
    expect((await attempt(user, undefined, database)).in).toBe(true);
    const { talk, heard } = await attempt(user, "wrong", database);
    expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
    expect(heard).toEqual(refusedAs(user));
  });

  test("whoever is not in has not been told who there is: all refusals are the same", async () => {
    for (const user of ["ghost", "late", "bare", "app"]) {
      const { talk, heard } = await attempt(user, "wrong");
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
      expect(heard).toEqual(refusedAs(user));
    }
  });

  test("an upstream that does not let the gateway in for that role or database says nothing else", async () => {
    expect((await attempt("app", undefined, "barred")).heard).toEqual(refusedAs("app"));
    expect(await gate.logged("pg_hba.conf rejects connection")).toContain("28P01");
  });

  test("an upstream that asks for nothing has judged nothing: nobody is in", async () => {
    for (const password of ["app-secret", "wrong"]) {
      const { talk, in: inside, heard } = await attempt("app", password, "open");
      expect(inside).toBe(false);
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
      expect(heard[0]).toBe("57P03");
    }
    expect(await gate.logged("57P03 FATAL")).toContain("server did not complete authentication");
  });

  test("what role and database allow is heard behind the success", async () => {
    for (const [user, code] of [
      ["idle", "28000"],
      ["shut", "53300"],
    ] as const) {
      const { talk, heard } = await attempt(user);
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "R 0", "E"]);
      expect(heard[0]).toBe(code);
      expect((await attempt(user, "wrong")).heard).toEqual(refusedAs(user));
    }
  });

  test("authenticated is in the log only who is", async () => {
    await using own = await startGate(server, { hba: clearHba, conf });
    for (const password of ["wrong", "app-secret"])
      await converse(own.tcp, loginLines("app", password, startup("app", "shop")));
    const entries = own.log().split("\n");
    expect(entries.filter((line) => line.includes("connection authenticated"))).toHaveLength(1);
    expect(entries.filter((line) => line.includes("connection authorized"))).toHaveLength(1);
    expect(own.log().indexOf("28P01")).toBeLessThan(own.log().indexOf("connection authenticated"));
    expect(own.log()).not.toContain("app-secret");
  });

  test.each([
    ["host=127.0.0.1", "over a connection that is not verified"],
    ["host=127.0.0.1 sslmode=prefer", "over a connection that is not verified"],
    ["host=@abstract", "over a connection that is not verified"],
    ["host=/tmp,127.0.0.1", "over a connection that is not verified"],
    ["host=/tmp require_auth=none", "require_auth allows no method that judges a password"],
  ])("is refused at start with upstream %j", async (where, reason) => {
    const upstream = `${where} port=${server.port} user=sallyport dbname=postgres`;
    await expect(startGate(server, { hba: clearHba, upstream, conf })).rejects.toThrow(reason);
  });

  test.each(["md5", "scram-sha-256"])(
    "a line by %s, which needs a secret, keeps the file from loading",
    async (method) => {
      await expect(startGate(server, { hba: `host all all all ${method}\n`, conf })).rejects.toThrow(
        "does not load",
      );
    },
  );
});
