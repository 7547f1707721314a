import { execFile } from "node:child_process";
import { chmod, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { encodeAuthentication } from "@sallyport/wire";
import { fakeUpstream, script } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, repliesTo } from "./raw-client.ts";
import type { Login } from "./raw-client.ts";

// upstream_auth = service: the gateway opens the sessions of roles with a credential of its own. What a client has
// proved to the gateway is not that credential, and what the catalogue logs in with is nobody else's.

const notAccepting = ["E", "57P03", "the database system is not accepting connections"];

/** The upstream asks for SCRAM, but from the superuser; `plain` it asks for a password in clear, `hashed` by MD5. */
const upstreamHba = `
local all postgres trust
local all keeper scram-sha-256
local all sallyport trust
local all plain password
local all hashed md5
local replication walker scram-sha-256
local all all scram-sha-256
`;

let server: TestPostgres;
let room: TempDirectory;
let passfile: string;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres({ hba: upstreamHba }), tempDirectory()]);
  passfile = join(room.path, "pgpass");
  await run(server, [
    ...setUp,
    "create role plain login password 'plain-secret'",
    "create role walker login replication password 'walker-secret'",
    "create role keeper login password 'keeper-secret'",
    "grant select (rolname, rolpassword) on pg_authid to keeper",
    "set password_encryption = md5; create role hashed login password 'hashed-secret'",
  ]);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

interface Upstream {
  readonly user?: string;
  readonly more?: string;
  /** Lines of the passfile; null: there is none. */
  readonly entries?: readonly string[] | null;
}

/** A gate that lets everybody in, so that the upstream alone decides. */
async function gateWith({ user = "sallyport", more = "", entries = [] }: Upstream): Promise<TestGate> {
  await rm(passfile, { force: true });
  if (entries !== null) await fillPassfile(entries);
  const upstream = `host=${server.socketDirectory} port=5432 user=${user} dbname=postgres passfile=${passfile}`;
  const hba = "host all all all trust\nhost replication all all trust\n";
  // Each login is to be one upstream, too.
  return await startGate(server, { hba, upstream: `${upstream} ${more}`, conf: "pool_mode = off" });
}

async function fillPassfile(entries: readonly string[], mode = 0o600): Promise<void> {
  await writeFile(passfile, entries.map((entry) => `${entry}\n`).join(""), { mode });
  await chmod(passfile, mode);
}

/** The last thing that a role hears: `Z` if it is in, else the error. */
async function outcome(gate: TestGate, login: Login): Promise<readonly string[]> {
  return heardIn(await repliesTo(gate.tcp, login)).at(-1) ?? [];
}

const isIn = ["Z"];
const noPassword = "the server asks for a password and none was supplied";

describe("the passfile", () => {
  test.each([
    ["*:*:*:app:app-secret", isIn],
    ["*:*:*:*:app-secret", isIn],
    ["*:5432:shop:app:app-secret", isIn],
    ["*:*:*:sallyport:app-secret", notAccepting],
    ["*:*:postgres:app:app-secret", notAccepting],
    ["*:5433:*:app:app-secret", notAccepting],
    ["localhost:*:*:app:app-secret", notAccepting],
    ["*:*:*:App:app-secret", notAccepting],
    ["*:*:*:app:wrong\n*:*:*:app:app-secret", notAccepting],
  ])("with %j serves role app in database shop: %j", async (entry, expected) => {
    await using gate = await gateWith({ entries: [entry] });
    expect(await outcome(gate, { user: "app" })).toEqual(expected);
  });

  test("knows the socket's directory as a host", async () => {
    await using gate = await gateWith({ entries: [`${server.socketDirectory}:*:*:app:app-secret`] });
    expect(await outcome(gate, { user: "app" })).toEqual(isIn);
  });

  test.each(["plain", "hashed"])("serves role %s, whatever the upstream asks for", async (user) => {
    await using gate = await gateWith({ entries: [`*:*:*:${user}:${user}-secret`] });
    expect(await outcome(gate, { user })).toEqual(isIn);
  });

  test("serves physical replication as database replication", async () => {
    const replication: Login = { user: "walker", parameters: [["replication", "true"]] };
    await using gate = await gateWith({ entries: ["*:*:shop:walker:walker-secret"] });
    expect(await outcome(gate, replication)).toEqual(notAccepting);
    await fillPassfile(["*:*:replication:walker:walker-secret"]);
    expect(await outcome(gate, replication)).toEqual(isIn);
  });

  test("is looked into at each login", async () => {
    await using gate = await gateWith({ entries: null });
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    await fillPassfile(["*:*:*:app:app-secret"]);
    expect(await outcome(gate, { user: "app" })).toEqual(isIn);
    await fillPassfile(["*:*:*:app:changed"]);
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
  });

  test("is looked into for the catalogue, too, whenever its session is opened", async () => {
    await using gate = await gateWith({ user: "keeper", entries: ["*:*:*:keeper:keeper-secret"] });
    const end = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'keeper'";
    try {
      await run(server, ["alter role keeper password 'another'", end]);
      expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
      expect(await gate.logged("The catalogue cannot be asked: ")).toContain(
        "password authentication failed",
      );
      await fillPassfile(["*:*:*:keeper:another", "*:*:*:app:app-secret"]);
      expect(await outcome(gate, { user: "app" })).toEqual(isIn);
    } finally {
      await run(server, ["alter role keeper password 'keeper-secret'"]);
    }
  });

  test("that is wrong about a password is named in the log, and nothing of what is in it", async () => {
    await using gate = await gateWith({ entries: ["*:*:*:app:stale-secret"] });
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    expect(await gate.logged('role "app"')).toContain(
      `upstream: password authentication failed for user "app" (password retrieved from file "${passfile}")`,
    );
    expect(gate.log()).not.toContain("stale");
  });

  test("that others may read is not used, and the log says so", async () => {
    await using gate = await gateWith({});
    await fillPassfile(["*:*:*:app:app-secret"], 0o640);
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    expect(await gate.logged('role "app"')).toContain(
      `${noPassword}: password file "${passfile}" has group or world access; permissions should be u=rw (0600) or less`,
    );
  });

  test("that is none, or too large, holds nobody up", async () => {
    await using gate = await gateWith({ entries: null });
    await promisify(execFile)("mkfifo", ["-m", "600", passfile]);
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    expect(await gate.logged('role "app"')).toContain(`password file "${passfile}" is not a plain file`);
    await rm(passfile);
    await fillPassfile(["*:*:*:app:app-secret", "#".repeat(1024 * 1024)]);
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    expect(await gate.logged("larger")).toContain(`password file "${passfile}" is larger than 1 MB`);
  });
});

describe("the credential of the catalogue is its own", () => {
  test("the password of the connection string is offered for no role, not even for its own", async () => {
    await using gate = await gateWith({ user: "keeper", more: "password=keeper-secret" });
    expect(await outcome(gate, { user: "keeper" })).toEqual(notAccepting);
    expect(await gate.logged('role "keeper"')).toContain(noPassword);
    await run(server, ["alter role app password 'keeper-secret'"]);
    try {
      expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
      expect(await gate.logged('role "app"')).toContain(noPassword);
    } finally {
      await run(server, ["alter role app password 'app-secret'"]);
    }
    expect(gate.log()).not.toContain("-secret");
  });

  test("its entry in the passfile is for its role alone", async () => {
    await using gate = await gateWith({ user: "keeper", entries: ["*:*:*:keeper:keeper-secret"] });
    expect(await outcome(gate, { user: "keeper" })).toEqual(isIn);
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
  });

  test("what else the connection string says of a session is not said for a role", async () => {
    const more = "application_name=keeper options=-cwork_mem=1MB client_encoding=LATIN1";
    await using gate = await gateWith({ more, entries: ["*:*:*:app:app-secret"] });
    const shown = "select current_setting('work_mem'), current_setting('client_encoding')";
    const { stdout } = await gate.psql("app", ["-c", shown], { env: { PGCLIENTENCODING: "UTF8" } });
    expect(stdout).toBe("4MB|UTF8\n");
  });
});

describe("require_auth", () => {
  test.each([
    ["plain", "scram-sha-256", "server requested a cleartext password"],
    ["plain", "!password", "server requested a cleartext password"],
    ["hashed", "!md5", "server requested a hashed password"],
  ])("keeps the password of role %s back: %s", async (user, methods, reason) => {
    // Without it the same role gets in: see above.
    await using gate = await gateWith({
      user: "keeper",
      more: `require_auth=${methods}`,
      entries: ["*:*:*:keeper:keeper-secret", `*:*:*:${user}:${user}-secret`, "*:*:*:app:app-secret"],
    });
    expect(await outcome(gate, { user })).toEqual(notAccepting);
    expect(await gate.logged(`role "${user}"`)).toContain(
      `authentication method requirement "${methods}" failed: ${reason}`,
    );
    expect(await outcome(gate, { user: "app" })).toEqual(isIn);
  });

  test("lets nothing of a password reach an upstream that asks for it in clear", async () => {
    const clear = encodeAuthentication({ kind: "cleartext_password" });
    await using fake = await fakeUpstream(server, script(clear));
    await fillPassfile(["*:*:*:app:app-secret"]);
    const upstream = `${fake.conninfo} passfile=${passfile} require_auth=scram-sha-256,none`;
    await using gate = await startGate(server, { hba: "host all all all trust\n", upstream });
    expect(await outcome(gate, { user: "app" })).toEqual(notAccepting);
    expect(fake.sessions.map(({ rest }) => rest().length)).toEqual([0]);
  });

  test("holds for the catalogue, too: an upstream that trusts it is refused", async () => {
    await expect(gateWith({ more: "require_auth=scram-sha-256" })).rejects.toThrow(
      'authentication method requirement "scram-sha-256" failed: server did not complete authentication',
    );
  });
});

test("by peer, the upstream maps the gateway's OS user to every role", async () => {
  await using strict = await startPostgres({
    hba: "local all postgres trust\nlocal all all peer map=gate\n",
    ident: `gate ${userInfo().username} all\n`,
  });
  await run(strict, setUp);
  await using gate = await startGate(strict, { hba: "host all all all scram-sha-256\n" });
  const { stdout } = await gate.psql("app", ["-c", "select current_user, system_user"]);
  expect(stdout).toBe(`app|peer:${userInfo().username}\n`);
});
