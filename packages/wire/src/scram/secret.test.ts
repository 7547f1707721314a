import { describe, expect, test } from "vitest";
import { formatScramSecret, mockScramSecret, parseScramSecret, parseStoredPassword } from "./secret.ts";

const KEY = `${"A".repeat(43)}=`;
const KEYS = `${KEY}:${KEY}`;

// Each of these was given to PostgreSQL 18 with ALTER ROLE … PASSWORD: it stores what it recognises, and hashes the rest.
describe("a SCRAM secret", () => {
  test.each([
    [`SCRAM-SHA-256$4096:c2FsdA==$${KEYS}`, 4096],
    [`SCRAM-SHA-256$ 4096:c2FsdA==$${KEYS}`, 4096],
    [`SCRAM-SHA-256$\t\n\v\f\r 7:c2FsdA==$${KEYS}`, 7],
    [`SCRAM-SHA-256$+1:c2FsdA==$${KEYS}`, 1],
    [`SCRAM-SHA-256$-1:c2FsdA==$${KEYS}`, -1],
    [`SCRAM-SHA-256$:c2FsdA==$${KEYS}`, 0],
    [`SCRAM-SHA-256$0:$${KEYS}`, 0],
    // An int of C: what does not fit is cut.
    [`SCRAM-SHA-256$99999999999:c2FsdA==$${KEYS}`, 1215752191],
  ])("%j is recognised", (text, iterations) => {
    expect(parseScramSecret(text)?.iterations).toBe(iterations);
  });

  test.each([
    `SCRAM-SHA-256$4096 :c2FsdA==$${KEYS}`,
    `SCRAM-SHA-256$0x10:c2FsdA==$${KEYS}`,
    `SCRAM-SHA-256$- 7:c2FsdA==$${KEYS}`,
    `SCRAM-SHA-256$99999999999999999999:c2FsdA==$${KEYS}`,
    `scram-sha-256$4096:c2FsdA==$${KEYS}`,
    `$SCRAM-SHA-256$4096:c2FsdA==$${KEYS}`,
    `SCRAM-SHA-256$$4096:c2FsdA==$${KEYS}`,
    `SCRAM-SHA-256$4096:c2FsdA$${KEYS}`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEYS}:`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEYS}\n`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEY}::${KEY}`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEY}`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEY}:`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEY}$${KEY}`,
    `SCRAM-SHA-256$4096:c2FsdA==:${KEYS}`,
    `SCRAM-SHA-256$4096:c2FsdA==$${KEY}:${"A".repeat(44)}`,
    "",
  ])("%j is not", (text) => {
    expect(parseScramSecret(text)).toBeNull();
  });

  test("is written as it was read", () => {
    const text = `SCRAM-SHA-256$4096:c2FsdA==$${KEYS}`;
    const secret = parseScramSecret(text);
    expect(secret === null ? null : formatScramSecret(secret)).toBe(text);
  });
});

test.each([
  [`md5${"0".repeat(32)}`, "md5"],
  [`md5${"a".repeat(32)}`, "md5"],
  [`md5${"A".repeat(32)}`, "plaintext"],
  [`md5${"a".repeat(31)}`, "plaintext"],
  [`md5${"a".repeat(33)}`, "plaintext"],
  [`md5${"a".repeat(32)}\n`, "plaintext"],
  [`MD5${"a".repeat(32)}`, "plaintext"],
  [`md5${"g".repeat(32)}`, "plaintext"],
  [`SCRAM-SHA-256$4096:c2FsdA==$${KEYS}`, "scram-sha-256"],
])("the stored password %j is %s", (text, kind) => {
  expect(parseStoredPassword(text).kind).toBe(kind);
});

const salt = (user: string, nonce: number) => mockScramSecret(user, Buffer.alloc(32, nonce), 4096).salt;

test("a mock secret has one salt per name and cluster", () => {
  expect(salt("a", 1)).toBe(salt("a", 1));
  expect(new Set([salt("a", 1), salt("b", 1), salt("a", 2)]).size).toBe(3);
  expect(Buffer.from(salt("a", 1), "base64")).toHaveLength(16);
});
