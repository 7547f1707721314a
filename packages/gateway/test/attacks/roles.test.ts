import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeQuery } from "@sallyport/wire";
import { converse, isIn, outline, refusal } from "./conversation.ts";
import type { Line } from "./conversation.ts";
import { loginLines, startup } from "./lines.ts";
import { sameTo, startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

/** A database for each method. */
const methods = { pw: "password", five: "md5", scram: "scram-sha-256" } as const;
const databases = Object.keys(methods) as readonly (keyof typeof methods)[];
const hba = `${databases.map((name) => `host ${name} all all ${methods[name]}\n`).join("")}
host shop,private,closed,narrow all all password
`;

let twins: Twins;

beforeAll(async () => {
  twins = await startTwins({
    hba,
    statements: [
      ...databases.map((name) => `create database ${name}`),
      "create role bare login",
      "create role group_of_app role app",
      "create role late login password 'late-secret' valid until '2020-01-01'",
      "create role soon login password 'soon-secret' valid until 'infinity'",
      "create role closed_role password 'closed_role-secret'",
      "create role full_role login password 'full_role-secret' connection limit 0",
      "create role boss login superuser password 'boss-secret'",
      "create role boss_full login superuser password 'boss_full-secret' connection limit 0",
      "create database private",
      "revoke connect on database private from public",
      "create database closed allow_connections false",
      "create database narrow connection limit 0",
      "set password_encryption = 'md5'",
      "create role old login password 'old-secret'",
      "create role late_old login password 'late_old-secret' valid until '2020-01-01'",
    ],
  });
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

const roles: readonly string[] = [
  "app",
  "old",
  "soon",
  "bare",
  "late",
  "late_old",
  "closed_role",
  "full_role",
  "group_of_app",
  "boss",
  "boss_full",
  "ghost",
  "sallyport",
  "pg_monitor",
  "pg_use_reserved_connections",
];

describe("whoever a role is, PostgreSQL's answer is given", () => {
  for (const database of databases) {
    for (const [kind, of] of [
      ["the right password", (role: string) => `${role}-secret`],
      ["a wrong one", () => "wrong"],
      ["an empty one", () => ""],
    ] as const) {
      test.for(roles)(`by ${methods[database]}, with ${kind}: %s`, async (role) => {
        const lines = (): readonly Line[] => loginLines(role, of(role), startup(role, database));
        const talk = await sameTo(twins, lines);
        const right = kind === "the right password";
        const can = ["app", "old", "soon", "boss", "boss_full"].includes(role);
        const usable = !(methods[database] === "scram-sha-256" && role === "old");
        expect(talk.heard.at(-1)?.kind === "Z").toBe(right && can && usable);
      });
    }
  }
});

describe("what a role and a database allow counts after the right password, and is not heard before it", () => {
  const places = ["private", "closed", "narrow", "nowhere"];
  for (const role of ["app", "closed_role", "full_role", "boss"]) {
    test.for(places)(`${role} in %s`, async (database) => {
      const lines = (password: string) => (): readonly Line[] =>
        loginLines(role, password, startup(role, database));
      await sameTo(twins, lines(`${role}-secret`));
      if (database === "nowhere") return; // no line of the rules admits there, for it has no name in them
      const refused = await sameTo(twins, lines("wrong"));
      expect(refusal(refused)).toEqual(["28P01", `password authentication failed for user "${role}"`]);
    });
  }
});

describe("a client is whom it named and proved, and nobody else", () => {
  const who = encodeQuery("select session_user || ' ' || current_user");

  test.for(databases)("by %s: its session is its role's", async (database) => {
    const lines = [...loginLines("app", "app-secret", startup("app", database)), who];
    const talk = await converse(twins.ours, lines);
    const row = talk.heard.find(({ kind }) => kind === "D");
    expect(row?.body.toString("latin1", 6)).toBe("app app");
  });

  test.for(databases)("by %s: the password of another role is a wrong one", async (database) => {
    for (const [role, other] of [
      ["app", "boss"],
      ["ghost", "app"],
      ["ghost", "sallyport"],
      ["old", "app"],
    ] as const) {
      const lines = (): readonly Line[] => loginLines(role, `${other}-secret`, startup(role, database));
      expect(isIn(await sameTo(twins, lines))).toBe(false);
    }
  });

  test("even while a session of the same role is open already", async () => {
    const open = converse(twins.ours, loginLines("app", "app-secret", startup("app", "pw")), "wait");
    await twins.gate.logged("connection authorized: user=app database=pw");
    for (let round = 0; round < 5; round += 1) {
      for (const database of databases) {
        const talk = await converse(twins.ours, loginLines("app", "wrong", startup("app", database)));
        expect(isIn(talk)).toBe(false);
      }
    }
    await twins.server.psql([
      "-c",
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'",
    ]);
    expect(outline(await open)).toContainEqual(expect.stringContaining("57P01"));
  });

  test("a proof for one connection is none for another", async () => {
    const recorded: Buffer[] = [];
    const lines = loginLines("app", "app-secret", startup("app", "scram"));
    const spoken = lines.map((line): Line => async (heard) => {
      const bytes = typeof line === "function" ? await line(heard) : line;
      recorded.push(bytes);
      return bytes;
    });
    expect(isIn(await converse(twins.ours, spoken))).toBe(true);
    const replayed = await converse(twins.ours, recorded);
    expect(refusal(replayed)).toEqual(["08P01", "invalid SCRAM response", "Nonce does not match."]);
  });

  test("nor is a recorded answer to an MD5 challenge", async () => {
    const recorded: Buffer[] = [];
    const lines = loginLines("old", "old-secret", startup("old", "five"));
    const spoken = lines.slice(0, 2).map((line): Line => async (heard) => {
      const bytes = typeof line === "function" ? await line(heard) : line;
      recorded.push(bytes);
      return bytes;
    });
    expect(isIn(await converse(twins.ours, spoken))).toBe(true);
    for (let round = 0; round < 20; round += 1)
      expect(refusal(await converse(twins.ours, recorded))[0]).toBe("28P01");
  });
});
