import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, outside, repliesTo, saltOf } from "./raw-client.ts";

const hba = `host all         intern   all           reject
local replication banned                reject
host replication walker   127.0.0.1/32  trust
host all         all      127.0.0.1/32  scram-sha-256
`;
const md5Secret = "md583b25d9a5d61a10ed6ac9a8b4ae0a7b3"; // of some password: no SCRAM exchange can use it

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ hba: "local all all trust\nlocal replication all trust\n" });
  await run(server, [
    ...setUp,
    "create role intern login password 'intern-secret'",
    "create role walker login replication",
    "create role bare login",
    "create role late login password 'late-secret' valid until '2020-01-01'",
    `create role legacy login password '${md5Secret}'`,
  ]);
  gate = await startGate(server, { hba });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe("before anybody is asked for anything", () => {
  const physical = [["replication", "true"]] as const;
  const cases = [
    [
      "a reject line",
      { user: "intern" },
      'pg_hba.conf rejects connection for host "127.0.0.1", user "intern", database "shop", no encryption',
    ],
    [
      "a reject line, logical replication",
      { user: "intern", parameters: [["replication", "database"]] as const },
      'pg_hba.conf rejects connection for host "127.0.0.1", user "intern", database "shop", no encryption',
    ],
    [
      "no line, for the keyword all means no physical replication",
      { user: "app", parameters: physical },
      'no pg_hba.conf entry for replication connection from host "127.0.0.1", user "app", no encryption',
    ],
  ] as const;
  test.for(cases)("%s: one error, and the end", async ([, login, message]) => {
    const replies = await repliesTo(gate.tcp, login);
    expect(heardIn(replies)).toEqual([["E", "28000", message]]);
  });

  test("over the Unix socket the host is [local]", async () => {
    const [noEntry] = await repliesTo(gate.unix, { user: "app" });
    expect(noEntry?.words).toEqual([
      "28000",
      'no pg_hba.conf entry for host "[local]", user "app", database "shop", no encryption',
    ]);
    const [rejected] = await repliesTo(gate.unix, { user: "banned", parameters: physical });
    expect(rejected?.words).toEqual([
      "28000",
      'pg_hba.conf rejects replication connection for host "[local]", user "banned", no encryption',
    ]);
  });

  test("physical replication comes in by its keyword, and speaks to a walsender", async () => {
    const { stdout, stderr } = await gate.psql("walker", ["replication=true", "-c", "IDENTIFY_SYSTEM"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\d+\|1\|0\/[0-9A-F]+\|\n$/);
  });
});

/** That of everybody is right, but for the one who is refused because of it. */
function passwordOf(role: string): string {
  return role === "app" ? "wrong" : `${role}-secret`;
}

describe("whoever cannot be let in by SCRAM", () => {
  const reasons = {
    app: null,
    ghost: 'Role "ghost" does not exist.',
    bare: 'User "bare" has no password assigned.',
    late: 'User "late" has an expired password.',
    legacy: 'User "legacy" does not have a valid SCRAM secret.',
  } as const;
  const roles = Object.keys(reasons);

  test.for(roles)("sees the same messages as anybody else: %s", async (role) => {
    const replies = await repliesTo(gate.tcp, { user: role, password: passwordOf(role) });
    const message = `password authentication failed for user "${role}"`;
    const errorLength = 5 + "SFATAL_VFATAL_C28P01_M".length + message.length + 2;
    expect(outside(replies)).toEqual(["R 10 | 24", "R 11 | 93", `E | ${errorLength} | 28P01 | ${message}`]);
  });

  test.for(Object.entries(reasons))("is told apart only in the log: %s", async ([role, reason]) => {
    await using fresh = await startGate(server, { hba });
    await repliesTo(fresh.tcp, { user: role, password: passwordOf(role) });
    const entry = await fresh.logged("FATAL");
    const matched = `Connection matched file "${fresh.hbaFile}" line 4: "host all         all      127.0.0.1/32  scram-sha-256"`;
    expect(entry.split("\n")).toEqual([
      `28P01 FATAL:  password authentication failed for user "${role}"`,
      ...(reason === null ? [`28P01 DETAIL:  ${matched}`] : [`28P01 DETAIL:  ${reason}`, `\t${matched}`]),
      "",
    ]);
  });

  test("sees a salt that is always the same, and no other role's", async () => {
    const salts = new Map<string, string>();
    for (const role of roles) {
      const twice = [await repliesTo(gate.tcp, { user: role }), await repliesTo(gate.tcp, { user: role })];
      const [first = "", second = ""] = twice.map(saltOf);
      expect(first).toBe(second);
      expect(Buffer.from(first, "base64")).toHaveLength(16);
      salts.set(role, first);
    }
    expect(new Set(salts.values()).size).toBe(roles.length);
    await using other = await startGate(server, { hba });
    expect(saltOf(await repliesTo(other.tcp, { user: "ghost" }))).not.toBe(salts.get("ghost"));
  });

  test("leaves no secret in the log", async () => {
    for (const role of roles) await repliesTo(gate.tcp, { user: role, password: passwordOf(role) });
    const stored = await run(server, ["select rolpassword from pg_authid where rolpassword is not null"]);
    for (const secret of stored.split("\n")) expect(gate.log()).not.toContain(secret);
    expect(gate.log()).not.toMatch(/-secret|wrong|SCRAM-SHA-256\$|[sipvr]=[A-Za-z0-9+/=]{16}/);
  });

  test("is refused as well if its name is no text in the upstream's encoding", async () => {
    const replies = await repliesTo(gate.tcp, { user: "\xff\xfe", password: "x" });
    expect(replies.map(({ kind }) => kind)).toEqual(["R 10", "R 11", "E"]);
    expect(replies.at(-1)?.words).toEqual(["28P01", 'password authentication failed for user "\xff\xfe"']);
  });
});
