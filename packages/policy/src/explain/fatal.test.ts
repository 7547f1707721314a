import { describe, expect, test } from "vitest";
import { attemptOfFatal } from "./fatal.ts";

const plain = { address: "10.21.0.7", ssl: false, gssenc: false, user: "bob", database: "billing" };
const refusal = 'no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption';

describe("a pasted refusal is the attempt behind it", () => {
  test.each([
    ["by itself", refusal],
    [
      "as psql prints it",
      `psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  ${refusal}`,
    ],
    [
      "as the log has it, among other lines",
      `LOG:  connection received\n2026-11-22 10:00:00 UTC [7] FATAL:  ${refusal}\nLOG:  x`,
    ],
    ["with blanks behind it", `FATAL:  ${refusal}  \r`],
    [
      "of a rule that rejects",
      `FATAL:  ${refusal.replace("no pg_hba.conf entry for", "pg_hba.conf rejects connection for")}`,
    ],
    ["of version 12", `FATAL:  ${refusal.replace("no encryption", "SSL off")}`],
    ["of version 10, built without SSL", `FATAL:  ${refusal.replace(", no encryption", "")}`],
  ])("%s", (_, text) => {
    expect(attemptOfFatal(text)).toEqual(plain);
  });

  test.each([
    ["SSL encryption", { ssl: true }],
    ["SSL on", { ssl: true }],
    ["GSS encryption", { gssenc: true }],
  ])("with %s", (words, more) => {
    expect(attemptOfFatal(refusal.replace("no encryption", words))).toEqual({ ...plain, ...more });
  });

  test("through a Unix socket", () => {
    expect(attemptOfFatal(refusal.replace("10.21.0.7", "[local]"))).toEqual({ ...plain, address: null });
  });

  test("over IPv6, with a zone", () => {
    expect(attemptOfFatal(refusal.replace("10.21.0.7", "fe80::1%eth0"))?.address).toBe("fe80::1%eth0");
  });

  test.each([
    'no pg_hba.conf entry for replication connection from host "::1", user "walker", SSL encryption',
    'pg_hba.conf rejects replication connection for host "::1", user "walker", SSL encryption',
  ])("of physical replication: %s", (text) => {
    const walker = { address: "::1", ssl: true, gssenc: false, user: "walker", replication: true };
    expect(attemptOfFatal(text)).toEqual(walker);
  });

  test("with names that have quotes, commas and letters beyond ASCII: as the bytes of UTF-8", () => {
    const text = refusal.replace('"bob"', '"o"ne, "two"').replace("billing", "caf\u00e9");
    expect(attemptOfFatal(text)).toMatchObject({ user: 'o"ne, "two', database: "caf\u00c3\u00a9" });
  });

  test("where the last word database separates", () => {
    const text = refusal.replace('"bob"', '"a", database "b"');
    expect(attemptOfFatal(text)).toMatchObject({ user: 'a", database "b', database: "billing" });
  });
});

test.each([
  "",
  "FATAL:  the database system is starting up",
  'FATAL:  password authentication failed for user "bob"',
  refusal.replace("10.21.0.7", "somewhere"),
  refusal.replace(', database "billing"', ""),
  `${refusal} and more`,
])("nothing else is taken for one: %s", (text) => {
  expect(attemptOfFatal(text)).toBeNull();
});
