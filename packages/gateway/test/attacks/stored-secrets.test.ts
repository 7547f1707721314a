import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, startGate } from "../gate.ts";
import { converse, isIn, refusal } from "./conversation.ts";
import type { Line } from "./conversation.ts";
import { loginLines, startup } from "./lines.ts";
import { sameTo, startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

const hba = `host pw    all all password
host five  all all md5
host scram all all scram-sha-256
`;

let twins: Twins;
/** A secret as the server makes it, in its parts. */
let [salt, storedKey, serverKey] = ["", "", ""];

beforeAll(async () => {
  twins = await startTwins({
    hba,
    statements: [
      ...["pw", "five", "scram"].map((name) => `create database ${name}`),
      "create role broken login password 'broken-secret'",
    ],
  });
  const secret = await run(twins.server, ["select rolpassword from pg_authid where rolname = 'broken'"]);
  [, salt = "", storedKey = "", serverKey = ""] = /^SCRAM-SHA-256\$4096:(.*)\$(.*):(.*)$/.exec(secret) ?? [];
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

/** As only a superuser can, past every check. */
async function store(secret: string): Promise<void> {
  await run(twins.server, [
    `update pg_authid set rolpassword = '${secret.replaceAll("'", "''")}' where rolname = 'broken'`,
  ]);
}

function base64(length: number): string {
  return Buffer.alloc(length, 7).toString("base64");
}

/** What a secret is made of, put together in many ways. */
const secrets: readonly (readonly [string, () => string])[] = [
  ["as the server stores it", () => secretOf({})],
  ["one iteration", () => secretOf({ iterations: "1" })],
  ["no iteration", () => secretOf({ iterations: "0" })],
  ["fewer than none", () => secretOf({ iterations: "-1" })],
  ["no number of iterations", () => secretOf({ iterations: "" })],
  ["words for iterations", () => secretOf({ iterations: "many" })],
  ["a number and more", () => secretOf({ iterations: "4096x" })],
  ["a blank before the number", () => secretOf({ iterations: " 4096" })],
  ["a blank behind the number", () => secretOf({ iterations: "4096 " })],
  ["a sign", () => secretOf({ iterations: "+4096" })],
  ["zeros before it", () => secretOf({ iterations: "0004096" })],
  ["hexadecimal digits", () => secretOf({ iterations: "0x1000" })],
  ["2^32 more", () => secretOf({ iterations: String(2 ** 32 + 4096) })],
  ["2^63", () => secretOf({ iterations: "9223372036854775808" })],
  ["forty digits", () => secretOf({ iterations: "4".repeat(40) })],
  ["no salt", () => secretOf({ salt: "" })],
  ["a salt that is no base64", () => secretOf({ salt: "!!!!" })],
  ["a salt without its padding", () => secretOf({ salt: salt.replaceAll("=", "") })],
  ["a salt with white space", () => secretOf({ salt: `${salt.slice(0, 4)} ${salt.slice(4)}` })],
  ["a salt of one byte", () => secretOf({ salt: base64(1) })],
  ["a salt of 4 kB", () => secretOf({ salt: base64(4096) })],
  ["a salt of 60 kB", () => secretOf({ salt: base64(60_000) })],
  ["a short StoredKey", () => secretOf({ storedKey: base64(31) })],
  ["a long StoredKey", () => secretOf({ storedKey: base64(33) })],
  ["no StoredKey", () => secretOf({ storedKey: "" })],
  ["a StoredKey that is no base64", () => secretOf({ storedKey: "*".repeat(44) })],
  ["a short ServerKey", () => secretOf({ serverKey: base64(31) })],
  ["a long ServerKey", () => secretOf({ serverKey: base64(33) })],
  ["no ServerKey", () => secretOf({ serverKey: "" })],
  ["another ServerKey", () => secretOf({ serverKey: base64(32) })],
  ["another StoredKey", () => secretOf({ storedKey: base64(32) })],
  ["a part too many", () => `${secretOf({})}:x`],
  ["a part too few", () => secretOf({}).replace(/:[^:]*$/, "")],
  ["a line break behind it", () => `${secretOf({})}\n`],
  ["another scheme", () => secretOf({}).replace("SCRAM-SHA-256", "SCRAM-SHA-1")],
  ["a scheme in lower case", () => secretOf({}).toLowerCase()],
  ["nothing", () => ""],
  ["a blank", () => " "],
  ["the password in clear", () => "broken-secret"],
  ["md5 and nothing", () => "md5"],
  ["md5 and 31 digits", () => `md5${"0".repeat(31)}`],
  ["md5 and 33 digits", () => `md5${"0".repeat(33)}`],
  ["md5 in capitals", () => `MD5${"0".repeat(32)}`],
  ["md5 and capital digits", () => `md5${"ABCDEF".repeat(6).slice(0, 32)}`],
  ["md5 and letters that are no digits", () => `md5${"g".repeat(32)}`],
  ["commas for SCRAM's own messages", () => secretOf({ salt: "a,i=1,s=AAAA" })],
];

function secretOf(parts: {
  readonly iterations?: string;
  readonly salt?: string;
  readonly storedKey?: string;
  readonly serverKey?: string;
}): string {
  const all = { iterations: "4096", salt, storedKey, serverKey, ...parts };
  return `SCRAM-SHA-256$${all.iterations}:${all.salt}$${all.storedKey}:${all.serverKey}`;
}

describe("a stored secret, whatever it is, is to us what it is to PostgreSQL", () => {
  test.for(secrets)("%s", async ([, make]) => {
    await store(make());
    for (const database of ["pw", "five", "scram"]) {
      for (const password of ["broken-secret", "wrong"]) {
        const lines = (): readonly Line[] => loginLines("broken", password, startup("broken", database));
        const talk = await sameTo(twins, lines);
        expect(isIn(talk) && password === "wrong").toBe(false);
      }
    }
    expect(twins.gate.log()).not.toMatch(/XX000|internal error/);
  });
});

describe("a secret of two billion iterations", () => {
  test("is named to whoever comes by SCRAM: computing it is his own affair", async () => {
    await store(secretOf({ iterations: String(2 ** 31 - 1) }));
    const talk = await sameTo(twins, () => loginLines("broken", "x", startup("broken", "scram")).slice(0, 2));
    expect(talk.heard.at(-1)?.body.toString()).toContain(",i=2147483647");
  });

  test("is refused to whoever sends the password: it would cost half an hour of a thread", async () => {
    const talk = await converse(twins.ours, loginLines("broken", "x", startup("broken", "pw")), "wait");
    expect(refusal(talk)).toEqual(["28P01", 'password authentication failed for user "broken"']);
    expect(talk.milliseconds).toBeLessThan(5000);
    const entry = await twins.gate.logged("2147483647 iterations");
    expect(entry).toContain('FATAL:  password authentication failed for user "broken"');
  });

  test("and costs nobody else his login, also if it is as large as is computed", async () => {
    await using gate = await startGate(twins.server, { hba, conf: "authentication_timeout = 20s" });
    await store(secretOf({ iterations: "1000000" }));
    const attempts = Array.from(
      { length: 12 },
      async () => await converse(gate.tcp, loginLines("broken", "x", startup("broken", "pw")), "wait"),
    );
    const good = await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "pw")));
    expect(isIn(good)).toBe(true);
    for (const { closed } of await Promise.all(attempts)) expect(closed).toBe(true);
  });
});
