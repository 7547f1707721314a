import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeQuery } from "@sallyport/wire";
import { converse, isIn, refusal, outline } from "./conversation.ts";
import type { Line } from "./conversation.ts";
import { announced, loginLines, startup } from "./lines.ts";
import { sameTo, startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

/** Names that mean something to a command line, a connection string, a shell, SQL, a file system, a terminal. */
const names = [
  "-c",
  "--help",
  "-P5433",
  "/etc/passwd",
  "../../global",
  "=",
  "dbname=shop host=evil",
  "host=evil",
  "postgresql://evil/shop",
  "postgres://app:app-secret@127.0.0.1/shop",
  "app'; drop table pg_authid; --",
  "app' or '1'='1",
  'app"; alter role ghost superuser; --',
  "$1",
  "$user",
  "%u",
  "%s%s%n",
  "$(id)",
  "`id`",
  "app ",
  " app",
  "APP",
  "all",
  "+staff",
  "@/etc/passwd",
  "*",
  "\n2026-01-01 LOG:  all is well",
  "\x1b[2J",
  "{app,sallyport}",
  "\xff\xfe",
  "caf\xc3\xa9",
  "caf\xc3",
  "n".repeat(63),
] as const;

const long = "l".repeat(63);
const hba = `host all "${long}" all scram-sha-256
host all sallyport all scram-sha-256
host all all 127.0.0.1/32 trust
`;

let twins: Twins;

beforeAll(async () => {
  twins = await startTwins({
    hba,
    statements: [`create role ${long} login password 'long-secret'`],
  });
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

describe("a name is a name, whatever it looks like", () => {
  test.for(names)("of a role that does not exist: %j", async (name) => {
    const talk = await sameTo(twins, () => [startup(name)]);
    expect(refusal(talk)[0]).toBe("28000");
  });

  test.for(names)("of a database that does not exist: %j", async (name) => {
    const talk = await sameTo(twins, () => [startup("app", name)]);
    expect(refusal(talk)[0]).toBe("3D000");
  });

  // The names are created as UTF-8, so here are only those that are.
  test.for(names.filter((name) => !/[\x80-\xff]/.test(name)))("of both, which exist: %j", async (name) => {
    const { server } = twins;
    await server.psql([
      "-c",
      `create role ${quoted(name)} login`,
      "-c",
      `create database ${quoted(name)} template template0`,
    ]);
    const who = encodeQuery("select session_user::text || '@' || current_database()");
    const talk = await sameTo(twins, () => [startup(name, name), who]);
    const row = talk.heard.find(({ kind }) => kind === "D");
    expect(row?.body.toString("latin1", 6)).toBe(`${name}@${name}`);
    await server.psql(["-c", `drop database ${quoted(name)}`, "-c", `drop role ${quoted(name)}`]);
  });
});

describe("a name of any length", () => {
  const lengths = [1, 62, 63, 64, 65, 127, 128, 1024, 9900];
  test.for(lengths)("of a role: %d bytes", async (length) => {
    const talk = await sameTo(twins, () => [startup("n".repeat(length))]);
    expect(refusal(talk)).toEqual(["28000", `role "${"n".repeat(Math.min(length, 63))}" does not exist`]);
  });

  test.for(lengths)("of a database: %d bytes", async (length) => {
    const talk = await sameTo(twins, () => [startup("app", "n".repeat(length))]);
    expect(refusal(talk)).toEqual(["3D000", `database "${"n".repeat(Math.min(length, 63))}" does not exist`]);
  });

  test("of none: the role is missed, the database is that of the role", async () => {
    expect(refusal(await sameTo(twins, () => [startup("", "shop")]))).toEqual([
      "28000",
      "no PostgreSQL user name specified in startup packet",
    ]);
    expect(refusal(await sameTo(twins, () => [startup("app", "")]))[1]).toBe('database "app" does not exist');
  });

  test("of a mebibyte: nobody reads so far", async () => {
    const name = Buffer.alloc(2 ** 20, "n");
    const packet = announced(8 + 5 + name.length + 2, Buffer.concat([Buffer.from("\0\x03\0\0user\0"), name]));
    expect(outline(await sameTo(twins, () => [packet], "wait"))).toEqual([]);
  });

  test("is cut to 63 bytes before anything is decided, so a longer one is the role of the shorter", async () => {
    const lines = (user: string, password: string) => (): readonly Line[] =>
      loginLines(`${user}x`, password, startup(`${user}x`, "shop"));
    expect(isIn(await sameTo(twins, lines(long, "long-secret")))).toBe(true);
    expect(isIn(await sameTo(twins, lines(long, "wrong")))).toBe(false);
  });

  test("may be cut in the middle of a character", async () => {
    const name = `${"n".repeat(62)}\xc3\xa9`;
    expect(refusal(await sameTo(twins, () => [startup(name)]))[0]).toBe("28000");
    expect(refusal(await sameTo(twins, () => [startup("app", name)]))[0]).toBe("3D000");
  });
});

describe("a NUL ends a name, and what follows is the next", () => {
  const packets: readonly (readonly [string, Buffer, sqlstate: string])[] = [
    ["a role with another behind it", encodeRaw("user\0app\0sallyport\0database\0shop\0\0"), "08P01"],
    ["a second user, which counts", encodeRaw("user\0app\0user\0ghost\0database\0shop\0\0"), "28000"],
    [
      "a second database, which counts",
      encodeRaw("user\0app\0database\0shop\0database\0nowhere\0\0"),
      "3D000",
    ],
    ["pairs behind the end", encodeRaw("user\0app\0database\0shop\0\0user\0sallyport\0\0"), "08P01"],
    ["no end", encodeRaw("user\0app\0database\0shop"), "08P01"],
  ];
  test.for(packets)("%s", async ([, packet, sqlstate]) => {
    expect(refusal(await sameTo(twins, () => [packet]))[0]).toBe(sqlstate);
  });
});

describe("the log", () => {
  test("shows a name with a line break so that no line of its own begins", async () => {
    const before = twins.gate.log().length;
    await converse(twins.ours, [startup("x\n00000 LOG:  connection authorized: user=boss")]);
    const lines = twins.gate.log().slice(before).split("\n");
    expect(lines.filter((line) => /^\S+ LOG: {2}connection authorized: user=boss/.test(line))).toEqual([]);
    expect(lines).toContain('\t00000 LOG:  connection authorized: user=boss" does not exist');
  });
});

/** A startup packet of whatever stands behind the version. */
function encodeRaw(pairs: string): Buffer {
  return announced(8 + pairs.length, Buffer.from(`\0\x03\0\0${pairs}`, "latin1"));
}

test("a packet that fills its limit comes in like any other, and its settings with it", async () => {
  const packet = (value: string): Buffer => startup("app", "shop", [["application_name", value]]);
  const room = 10_004 - packet("").length;
  expect(isIn(await sameTo(twins, () => [packet("a".repeat(room))]))).toBe(true);
});
