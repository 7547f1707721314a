import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { Major, TestPostgres } from "@sallyport/testkit";
import { parseScramSecret } from "@sallyport/wire";
import { converse, isIn } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { end, hba, isReady, notAccepting, passthrough, wrong } from "./passing.ts";
import { heardIn, repliesTo } from "./raw-client.ts";

// upstream_auth = passthrough: the upstream is an unmodified PostgreSQL that asks every role for its own proof.

describe.each<Major>([18, 15, 13])("before a PostgreSQL %i that asks for SCRAM", (major) => {
  let server: TestPostgres;
  let gate: TestGate;

  beforeAll(async () => {
    server = await startPostgres({
      major,
      tcp: true,
      settings: { password_encryption: "scram-sha-256" },
      hba: `local all postgres trust
host all sallyport 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`,
    });
    await run(server, [
      ...setUp,
      "create database clear",
      "create role walker login replication password 'walker-secret'",
      "create role shut login password 'shut-secret' connection limit 0",
    ]);
    const upstream = `host=127.0.0.1 port=${server.port} user=sallyport dbname=postgres`;
    gate = await startGate(server, { hba, upstream, conf: passthrough });
  });

  afterEach(async () => {
    await run(server, ["alter role app password 'app-secret'"]);
  });

  afterAll(async () => {
    await gate?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  test("a client of the right password is in, and no other", async () => {
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    expect(await end(gate, { user: "app", password: "wrong" })).toEqual(wrong);
    expect((await end(gate, { user: "ghost" }))[1]).toBe("28P01");
  });

  test("psql is in, and is who it says", async () => {
    const column = major >= 16 ? "system_user" : "'scram-sha-256:app'";
    const { stdout } = await gate.psql("app", ["-c", `select current_user, ${column}`]);
    expect(stdout).toBe("app|scram-sha-256:app\n");
  });

  test("a password in clear is held against the secret here, and never leaves", async () => {
    for (const [password, expected] of [
      ["app-secret", true],
      ["wrong", false],
    ] as const) {
      const talk = await converse(gate.tcp, loginLines("app", password, startup("app", "clear")));
      expect(isIn(talk)).toBe(expected);
    }
  });

  test("replication passes, too", async () => {
    const login = { user: "walker", parameters: [["replication", "true"]] } as const;
    expect(await end(gate, login)).toEqual(isReady);
    expect((await end(gate, { ...login, password: "wrong" }))[1]).toBe("28P01");
  });

  test("what the upstream says of role and database comes behind its success, as in PostgreSQL", async () => {
    const replies = heardIn(await repliesTo(gate.tcp, { user: "shut" }));
    expect(replies.map(([kind]) => kind)).toEqual(["R 10", "R 11", "R 12", "R 0", "E"]);
    expect(replies.at(-1)).toEqual(["E", "53300", 'too many connections for role "shut"']);
  });

  test("a password that is changed through the gateway counts at once, and the old one no more", async () => {
    const { status, stderr } = await gate.psql("app", ["-c", "alter role app password 'fresh'"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(await end(gate, { user: "app" })).toEqual(wrong);
    expect(await end(gate, { user: "app", password: "fresh" })).toEqual(isReady);
  });

  test.runIf(major >= 16)("the number of iterations may be any", async () => {
    await run(server, ["set scram_iterations = 20000; alter role app password 'app-secret'"]);
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    await run(server, ["set scram_iterations = 1; alter role app password 'app-secret'"]);
    expect(await end(gate, { user: "app" })).toEqual(isReady);
  });

  test("no log has anything of it", async () => {
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    const stored = await run(server, ["select rolpassword from pg_authid where rolname = 'app'"]);
    const secret = parseScramSecret(stored);
    if (!secret) throw new Error("it is no secret");
    for (const word of ["app-secret", secret.salt, secret.storedKey.toString("base64")])
      expect(gate.log()).not.toContain(word);
  });
});

describe("a method that leaves nothing to pass on", () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres({
      hba: "local all postgres,sallyport trust\nlocal shop app trust\nlocal all all scram-sha-256\n",
    });
    await run(server, [...setUp, "create database clear"]);
  });

  afterAll(async () => {
    await server?.stop();
  });

  test("serves an upstream that asks for nothing; else the log names the line", async () => {
    await using gate = await startGate(server, { hba: "host all all all trust\n", conf: passthrough });
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    expect(await end(gate, { user: "app", database: "clear" })).toEqual(notAccepting);
    const entry = await gate.logged("57P03 FATAL");
    expect(entry).toContain("method trust leaves nothing to pass on");
    expect(entry).toContain('line 1: "host all all all trust"');
  });

  test("nor do a passfile and the catalogue's own password stand in for it", async () => {
    await using gate = await startGate(server, {
      hba: "host all all all trust\n",
      upstream: `host=${server.socketDirectory} port=5432 user=sallyport password=app-secret dbname=postgres passfile=/proc/self/environ`,
      conf: passthrough,
    });
    expect(await end(gate, { user: "app", database: "clear" })).toEqual(notAccepting);
  });
});
