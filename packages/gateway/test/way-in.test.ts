import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

const hba = `# TYPE DATABASE USER ADDRESS METHOD
host  all  guest    127.0.0.1/32  trust
host  all  app      127.0.0.1/32  scram-sha-256
host  all  all      127.0.0.1/32  trust
host  all  +staff   ::1/128       scram-sha-256
local all  all                    scram-sha-256
`;

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, [
    ...setUp,
    "create role guest login",
    "create role staff",
    "create role seniors in role staff",
    "create role kim login password 'kim-secret' in role seniors",
    "create role boss login superuser password 'boss-secret'",
  ]);
  gate = await startGate(server, { hba });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe("psql comes in", () => {
  const whoAmI = "select current_user, session_user, current_database()";

  test("by SCRAM over TCP, as the role that it said", async () => {
    const result = await gate.psql("app", ["-c", whoAmI]);
    expect(result).toEqual({ status: 0, stderr: "", stdout: "app|app|shop\n" });
  });

  test("by SCRAM over the Unix socket", async () => {
    const result = await gate.psql("app", ["-c", whoAmI], { env: { PGHOST: gate.socketDirectory } });
    expect(result).toEqual({ status: 0, stderr: "", stdout: "app|app|shop\n" });
  });

  test("without a password by a trust line", async () => {
    const result = await gate.psql("guest", ["-c", whoAmI], { env: { PGPASSWORD: "" } });
    expect(result).toEqual({ status: 0, stderr: "", stdout: "guest|guest|shop\n" });
  });

  test("over IPv6, as an indirect member of the role of the line", async () => {
    const result = await gate.psql("kim", ["-c", whoAmI], { env: { PGHOST: "::1" } });
    expect(result).toEqual({ status: 0, stderr: "", stdout: "kim|kim|shop\n" });
  });

  test("to the database that is named like the role, if it names none", async () => {
    await run(server, ["create database guest"]);
    const result = await gate.psql("guest", ["-c", whoAmI], { env: { PGDATABASE: "guest" } });
    expect(result.stdout).toBe("guest|guest|guest\n");
  });

  test("with sslmode=prefer, although there is no TLS", async () => {
    const result = await gate.psql("app", ["-c", "select 1"], { env: { PGSSLMODE: "prefer" } });
    expect(result).toEqual({ status: 0, stderr: "", stdout: "1\n" });
  });
});

describe("the first line that matches decides", () => {
  test("a wrong password on it is refused, whatever stands behind", async () => {
    const result = await gate.psql("app", ["-c", "select 1"], { env: { PGPASSWORD: "wrong" } });
    expect(result.status).toBe(2);
    expect(result.stdout).toBe("");
    expect(result.stderr).toContain('FATAL:  password authentication failed for user "app"');
  });

  test("and no superuser is a member of a role by being one", async () => {
    const result = await gate.psql("boss", ["-c", "select 1"], { env: { PGHOST: "::1" } });
    expect(result.stderr).toContain(
      'FATAL:  no pg_hba.conf entry for host "::1", user "boss", database "shop", no encryption',
    );
  });

  test("what changes in the catalogue counts from the next login on", async () => {
    await run(server, ["create role sam login password 'sam-secret'"]);
    const env = { PGHOST: "::1" };
    expect((await gate.psql("sam", ["-c", "select 1"], { env })).stderr).toContain("no pg_hba.conf entry");
    await run(server, ["grant staff to sam"]);
    expect((await gate.psql("sam", ["-c", "select 1"], { env })).stdout).toBe("1\n");
    await run(server, ["alter role sam password 'new'"]);
    expect((await gate.psql("sam", ["-c", "select 1"], { env })).stderr).toContain("password authentication");
  });
});

describe("the log says in PostgreSQL's words", () => {
  test("who came, how, and when it left", async () => {
    await using quiet = await startGate(server, { hba });
    await quiet.psql("app", ["-c", "select 1"], { env: { PGAPPNAME: "till" } });
    await quiet.logged("disconnection");
    const lines = quiet.log().split("\n");
    expect(lines).toContain(
      `00000 LOG:  connection authenticated: identity="app" method=scram-sha-256 (${quiet.hbaFile}:3)`,
    );
    const { socketDirectory, port } = server;
    const authorized = "00000 LOG:  connection authorized: user=app database=shop application_name=till";
    const entry = lines.find((line) => line.startsWith(authorized))?.slice(authorized.length);
    expect(entry).toMatch(
      /^ upstream=\S+ pid=\d+ rule=\S+pg_hba\.conf:3 method=scram-sha-256 encryption=none identity="app"$/,
    );
    expect(entry).toContain(` upstream=${socketDirectory}/.s.PGSQL.${port} `);
    expect(quiet.log()).toMatch(/connection received: host=127\.0\.0\.1 port=\d+\n/);
    expect(quiet.log()).toMatch(
      /disconnection: session time: 0:00:0\d\.\d{3} user=app database=shop host=127\.0\.0\.1 port=\d+\n/,
    );
  });

  test("of trust that nobody proved anything", async () => {
    await gate.psql("guest", ["-c", "select 1"]);
    await gate.logged(`connection authenticated: user="guest" method=trust (${gate.hbaFile}:2)`);
    expect(gate.log()).not.toContain('identity="guest"');
  });
});
