import { describe, expect, test } from "vitest";
import * as tables from "./rfc3454-tables.ts";
import { saslprep } from "./saslprep.ts";

// RFC 4013, section 3; the ASCII ones never come here.
test.each([
  ["I\u00ADX", "IX"],
  ["\u00AA", "a"],
  ["\u2168", "IX"],
  ["\u0627\u0031", null],
])("%j becomes %j", (text, prepared) => {
  expect(saslprep(text)).toBe(prepared);
});

describe("mapping", () => {
  test.each(["\u00A0", "\u1680", "\u2000", "\u200B", "\u202F", "\u205F", "\u3000"])(
    "%j becomes a space",
    (space) => {
      expect(saslprep(`a${space}b`)).toBe("a b");
    },
  );

  test.each([
    "\u00AD",
    "\u034F",
    "\u1806",
    "\u180B",
    "\u200C",
    "\u200D",
    "\u2060",
    "\uFE00",
    "\uFE0F",
    "\uFEFF",
  ])("%j vanishes", (nothing) => {
    expect(saslprep(`a${nothing}b`)).toBe("ab");
  });

  test("a text of which nothing is left is prohibited", () => {
    expect(saslprep("\u00AD\u200D")).toBeNull();
  });
});

describe("what is prohibited", () => {
  test.each([
    ["an ASCII control character (C.2.1)", "\u0007"],
    ["an ASCII control character (C.2.1)", "\u007F"],
    ["another control character (C.2.2)", "\u0085"],
    ["another control character (C.2.2)", "\u{1D173}"],
    ["private use (C.3)", "\uE000"],
    ["private use (C.3)", "\u{10FFFD}"],
    ["no character (C.4)", "\uFDD0"],
    ["no character (C.4)", "\u{1FFFE}"],
    ["inappropriate for plain text (C.6)", "\uFFFD"],
    ["inappropriate for canonical representation (C.7)", "\u2FF0"],
    ["changes display (C.8)", "\u202E"],
    ["changes display (C.8)", "\u0340"],
    ["a tag (C.9)", "\u{E0001}"],
    ["unassigned in Unicode 3.2 (A.1)", "\u0221"],
    ["unassigned in Unicode 3.2 (A.1)", "\u{1F600}"],
  ])("%s", (_, character) => {
    expect(saslprep(`\u00E9${character}`)).toBeNull();
  });

  // RFC 3454 would look behind NFKC; PostgreSQL does not.
  test("is looked for before normalisation", () => {
    // An alef as a sign of mathematics, from left to right, becomes the Hebrew letter.
    expect(saslprep("\u2135\u00E9")).toBe("\u05D0\u00E9");
    expect(saslprep("\u05D0\u00E9")).toBeNull();
  });
});

describe("direction (RFC 3454, section 6)", () => {
  test.each([
    ["\u0627", true],
    ["\u0627\u0031\u0627", true],
    ["\u05D0 \u0627", true],
    ["\u0627\u0031", false],
    ["\u0031\u0627", false],
    ["\u0627a\u0627", false],
    ["\u0627\u00E9\u0627", false],
    // A mark has no direction: it does not end what is written from right to left.
    ["\u05D0\u05B0", false],
  ])("%j is allowed: %s", (text, allowed) => {
    expect(saslprep(text) !== null).toBe(allowed);
  });
});

test.each([
  ["A.1", tables.UNASSIGNED, 396],
  ["D.1", tables.R_AND_AL, 34],
  ["D.2", tables.LEFT_TO_RIGHT, 360],
])("table %s has as many entries as in RFC 3454", (_, table, entries) => {
  expect(table.trim().split(/\s+/)).toHaveLength(entries);
});

test.each([
  ["B.1", tables.MAPPED_TO_NOTHING, 27],
  ["C.1.2", tables.NON_ASCII_SPACE, 17],
  ["C.2.1", tables.ASCII_CONTROL, 33],
  ["C.2.2", tables.NON_ASCII_CONTROL, 62],
  ["C.3", tables.PRIVATE_USE, 6400 + 2 * 65_534],
  ["C.4", tables.NON_CHARACTER, 32 + 17 * 2],
  ["C.5", tables.SURROGATE, 2048],
  ["C.6", tables.INAPPROPRIATE_FOR_PLAIN_TEXT, 5],
  ["C.7", tables.INAPPROPRIATE_FOR_CANONICAL_REPRESENTATION, 12],
  ["C.8", tables.CHANGE_DISPLAY_OR_DEPRECATED, 15],
  ["C.9", tables.TAGGING, 97],
])("table %s has as many code points as in RFC 3454", (_, table, codePoints) => {
  const ranges = table
    .trim()
    .split(/\s+/)
    .map((entry) => entry.split("-").map((hex) => Number(`0x${hex}`)));
  const sizes = ranges.map(([first = 0, last = first]) => last - first + 1);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(codePoints);
});
