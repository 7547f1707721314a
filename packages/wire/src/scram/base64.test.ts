import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

test("what is encoded is decoded again", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64(encodeBase64(bytes))).toEqual(Buffer.from(bytes));
    }),
  );
});

// Each of these was given to PostgreSQL 18 as the salt of a secret.
test.each([
  "c2FsdA",
  "c2Fs dA==",
  "Q===",
  "QUFB=QUF",
  "a-_b",
  "QQ=\u007F",
  "=",
  "====",
  "QQ==\n",
  "\u00FFQQ=",
])("%j is malformed", (text) => {
  expect(decodeBase64(text)).toBeNull();
});

test.each([
  ["", ""],
  ["QR==", "A"],
  ["c2FsdA=A", "salt"],
  ["QQ==QQ==", "AA"],
  ["QQ==QUFB", "AA"],
  ["QUE=QUFB", "AAAA"],
])("%j is taken as PostgreSQL takes it", (text, expected) => {
  expect(decodeBase64(text)?.toString()).toBe(expected);
});
