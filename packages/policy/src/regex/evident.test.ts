import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { dialectOf } from "../versions/dialect-of.ts";
import { isEvidentRegex, regexCheck } from "./evident.ts";
import { compileRegex } from "./regex.ts";

const dialects = [10, 13, 16, 19].map((major) => dialectOf({ major, minor: 0 }));

describe("an expression with nothing wrong, evidently,", () => {
  test.each([
    "^app_[a-z0-9_]+$",
    "^(reader|writer)[0-9]*$",
    "^db\\.",
    "a",
    ".*",
    "[^ab]?x",
    "^(a)+(b|c*)$",
    "a-b",
  ])("is such as %s", (pattern) => {
    expect(isEvidentRegex(pattern, 0, pattern.length)).toBe(true);
  });

  test.each([
    "",
    "^",
    "$",
    "a**",
    "a*?",
    "(",
    "()",
    "(a|)",
    "a)",
    "[",
    "[]",
    "[b-a]",
    "[a-Z]",
    "a$b",
    "***=a",
    "\\",
  ])("is not %s, about which one has to think", (pattern) => {
    expect(isEvidentRegex(pattern, 0, pattern.length)).toBe(false);
  });

  test("can be compiled for every release", { timeout: 60_000 }, () => {
    const atoms = [
      "a",
      "Z",
      "0",
      "_",
      "-",
      ".",
      "^",
      "$",
      "(",
      ")",
      "|",
      "[",
      "]",
      "*",
      "+",
      "?",
      "\\",
      "{",
      "a-z",
    ];
    let evident = 0;
    assert(
      property(
        array(constantFrom(...atoms), { maxLength: 8 }),
        constantFrom(...dialects),
        (some, dialect) => {
          const pattern = some.join("");
          if (!isEvidentRegex(pattern, 0, pattern.length)) return;
          evident += 1;
          expect(compileRegex(pattern, dialect)).not.toHaveProperty("error");
        },
      ),
      { numRuns: 20_000 },
    );
    expect(evident).toBeGreaterThan(500);
  });

  test("is not a long one, which may be too complex", () => {
    expect(isEvidentRegex("a".repeat(101), 0, 101)).toBe(false);
  });
});

test("of all others one is told by compiling them", () => {
  const check = regexCheck(dialectOf({ major: 18, minor: 0 }));
  const text = "/^a{2}$,/(a,/^b$";
  expect([check(text, 1, 7), check(text, 9, 11), check(text, 13, 16), check(text, 9, 11)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
