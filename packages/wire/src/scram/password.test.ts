import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromUnicode } from "../byte-string.ts";
import { normalizePassword } from "./password.ts";

test.each([
  ["ASCII, as it is", "pencil", "pencil"],
  ["ASCII with control characters, as it is", "a\u0001\u007F", "a\u0001\u007F"],
  ["UTF-8, by SASLprep", fromUnicode("\u2168\u00AD"), "IX"],
  ["UTF-8 that SASLprep prohibits, as it is", fromUnicode("\u00E9\u0001"), "\u00C3\u00A9\u0001"],
  ["no UTF-8, as it is", "\u00E9", "\u00E9"],
  ["UTF-8 cut short, as it is", "\u00C3\u00A9\u00C3", "\u00C3\u00A9\u00C3"],
  ["a longer form than UTF-8 allows, as it is", "\u00C0\u00AD", "\u00C0\u00AD"],
  ["half a surrogate pair, as it is", "\u00ED\u00A0\u0080", "\u00ED\u00A0\u0080"],
])("%s", (_, password, prepared) => {
  expect(normalizePassword(password).toString("latin1")).toBe(prepared);
});

test("there is no password that it refuses", () => {
  const bytes = fc.uint8Array({ minLength: 1 }).map((array) => Buffer.from(array).toString("latin1"));
  const texts = fc.string({ unit: "binary", minLength: 1 }).map(fromUnicode);
  fc.assert(
    fc.property(fc.oneof(bytes, texts), (password) => {
      expect(normalizePassword(password).length).toBeGreaterThan(0);
    }),
  );
});
