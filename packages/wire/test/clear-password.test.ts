/** A password in clear text held against a stored secret: what PostgreSQL 18 answers, and what we do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildScramSecret,
  connect,
  formatScramSecret,
  fromUnicode,
  normalizePassword,
  parseScramSecret,
  Secret,
  ServerError,
  verifyScramPassword,
} from "../src/index.ts";
import type { ScramSecret } from "../src/index.ts";
import { startServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer(
    "local all clear password\nlocal all scram scram-sha-256\nlocal all all trust\n",
  );
  await ask("create role clear login; create role scram login");
});
afterAll(async () => {
  await server.stop();
});

async function ask(sql: string): Promise<string> {
  const hosts = [{ host: server.directory, port: 5432 }];
  const client = await connect({ hosts, user: "postgres", database: "postgres" });
  const results = await client.simpleQuery(sql);
  await client.close();
  return results.at(-1)?.rows[0]?.[0] ?? "";
}

/** Stores a password, or a secret, for both roles; what is then stored for `clear`. */
async function store(text: string): Promise<ScramSecret> {
  const literal = `'${fromUnicode(text)}'`;
  const stored = await ask(
    `alter role clear password ${literal}; alter role scram password ${literal};
     select rolpassword from pg_authid where rolname = 'clear'`,
  );
  const secret = parseScramSecret(stored);
  if (secret === null) {
    throw new Error("the server has not stored a SCRAM secret");
  }
  return secret;
}

/** Whether the server lets a role in with this password. */
async function isAdmitted(user: "clear" | "scram", password: string): Promise<boolean> {
  const host = { host: server.directory, port: 5432, password: new Secret(password) };
  try {
    const client = await connect({ hosts: [host], user, database: "postgres" });
    await client.close();
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.code === "28P01") {
      return false;
    }
    throw error;
  }
}

// PostgreSQL's own scenarios of SASLprep: the first two are its examples of RFC 4013, section 3.
test.each([
  ["IX", "I\u00ADX", true],
  ["IX", "\u2168", true],
  ["IX", "IX", true],
  ["IX", "ix", false],
  ["a", "a", true],
  ["a", "\u00AA", true],
  ["\u00AA", "a", true],
  ["\u00AA", "\u00AA", true],
  // Prohibited (a control character is, but not in ASCII alone): as it is.
  ["foo\u0007bar", "foo\u0007bar", true],
  ["foo\u0007bar", "foobar", false],
  ["foo\u00AD\u0007bar", "foo\u00AD\u0007bar", true],
  ["foo\u00AD\u0007bar", "foo\u0007bar", false],
  // Of mixed direction: as it is.
  ["foo\u06271bar", "foo\u06271bar", true],
  ["foo\u06271bar", "foo1\u0627bar", false],
  ["foo\u06271bar", "foobar", false],
])("stored as %j, given as %j: let in %s", async (stored, given, admitted) => {
  const secret = await store(stored);
  const password = fromUnicode(given);
  expect(await isAdmitted("clear", password)).toBe(admitted);
  expect(await isAdmitted("scram", password)).toBe(admitted);
  expect(await verifyScramPassword(normalizePassword(password), secret)).toBe(admitted);
});

test("a password that is no UTF-8 is its raw bytes", async () => {
  const given = "\u00AA";
  const secret = await buildScramSecret(Buffer.from(given, "latin1"), Buffer.from("salt"), 2);
  await store(formatScramSecret(secret));
  expect(await isAdmitted("clear", given)).toBe(true);
  expect(await isAdmitted("scram", given)).toBe(true);
  expect(await verifyScramPassword(normalizePassword(given), secret)).toBe(true);
});

describe("a secret made by hand", () => {
  const zero = Buffer.alloc(32);
  test.each<[string, { computed: number } & Partial<ScramSecret>, boolean]>([
    ["of 1 iteration", { computed: 1 }, true],
    ["of 0 iterations counts as one of 1", { computed: 1, iterations: 0 }, true],
    ["of -5 iterations counts as one of 1", { computed: 1, iterations: -5 }, true],
    ["of -5 iterations is no other", { computed: 5, iterations: -5 }, false],
    ["of 0 iterations is no other", { computed: 2, iterations: 0 }, false],
    ["with another StoredKey", { computed: 2, storedKey: zero }, true],
    ["with another ServerKey", { computed: 2, serverKey: zero }, false],
  ])("%s: let in %s", async (_, { computed, ...changes }, admitted) => {
    const made = await buildScramSecret(Buffer.from("pw"), Buffer.from("salt"), computed);
    const secret = await store(formatScramSecret({ ...made, ...changes }));
    expect(await isAdmitted("clear", "pw")).toBe(admitted);
    expect(await verifyScramPassword(Buffer.from("pw"), secret)).toBe(admitted);
  });

  test("without a salt is one like any other", async () => {
    const secret = await store(
      formatScramSecret(await buildScramSecret(Buffer.from("pw"), Buffer.alloc(0), 2)),
    );
    expect(await isAdmitted("clear", "pw")).toBe(true);
    expect(await verifyScramPassword(Buffer.from("pw"), secret)).toBe(true);
  });
});
