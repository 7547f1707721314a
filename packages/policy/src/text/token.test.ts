import { describe, expect, test } from "vitest";
import { dialectOf } from "../versions/dialect-of.ts";
import { tokenize } from "./token.ts";
import type { Fields } from "./token.ts";

/** A line as a major release cuts it. */
function cut(text: string, major = 18): Fields {
  return tokenize({ file: "/f", number: 1, text, joins: [] }, dialectOf({ major, minor: 0 }));
}

/** Fields of a line: each token as written here is its text, in quotes if its meaning was quoted away. */
function fields(text: string, major?: number): string[][] {
  return cut(text, major).fields.map((field) =>
    field.map((token) => (token.quoted ? `"${token.text}"` : token.text)),
  );
}

describe("fields and tokens", () => {
  test.each<[line: string, expected: string[][]]>([
    ["", []],
    [" \t\r ", []],
    ["a b\tc", [["a"], ["b"], ["c"]]],
    ["a,b", [["a", "b"]]],
    ["a, b", [["a", "b"]]],
    ["a , b", [["a"], ["b"]]],
    [",,a,,b,", [["a", "b"]]],
    ["a b, c", [["a"], ["b", "c"]]],
    ["a#b c", [["a"]]],
    ["a # b", [["a"]]],
    ["a,#b", [["a"]]],
    ['"a b" c', [['"a b"'], ["c"]]],
    ['"a,#@" b', [['"a,#@"'], ["b"]]],
    ['a"b c"d', [["ab cd"]]],
    ['al"l"', [["all"]]],
    ['""all', [['"all"']]],
    ['+"g"', [["+g"]]],
    ['""', [['""']]],
    ['"a""b"', [['"a"b"']]],
    ['""""', [['"""']]],
    ['"""a"""', [['""a""']]],
    ['a"b', [["ab"]]],
    ['"a b # c', [['"a b # c"']]],
    ["a\vb\fc", [["a\vb\fc"]]],
    ["a\u00a0b", [["a\u00a0b"]]],
  ])("%j", (line, expected) => {
    expect(fields(line)).toEqual(expected);
  });

  test("a token spans its quotes, not the comma behind it", () => {
    const [[token] = []] = cut(' "a b", c').fields;
    expect([token?.start, token?.end]).toEqual([1, 6]);
  });
});

test("from PostgreSQL 19 on a carriage return is a character", () => {
  expect(fields("a\r b,\rc \r", 18)).toEqual([["a"], ["b", "c"]]);
  expect(fields("a\r b,\rc \r", 19)).toEqual([["a\r"], ["b", "\rc"], ["\r"]]);
});

describe("before PostgreSQL 16 a token can be too long", () => {
  const most = "x".repeat(255);

  test.each([most, `${most} b`, `${most}#b`, `a,${most}`, `"${most.slice(1)}"`])("%j is not", (line) => {
    expect(cut(line, 10).tooLong).toBeNull();
  });

  // What comes behind it counts even if nothing of it is kept.
  test.each([`${most}x`, `${most},b`, `"${most}"`, `"${most} "`, `a, ${most}""`])("%j is", (line) => {
    expect(cut(line, 10).tooLong?.text).toBe(most);
    expect(cut(line, 16).tooLong).toBeNull();
  });

  test("what stands before it is read, in its own column too", () => {
    const { fields: before, tooLong } = cut(`a b, ${most}x, c d`, 10);
    expect(before.map((field) => field.map(({ text }) => text))).toEqual([["a"], ["b"]]);
    expect([tooLong?.start, tooLong?.end]).toEqual([5, 260]);
  });

  test.each([
    [10, 23, 255],
    [11, 20, 255],
    [11, 21, 10_239],
    [14, 8, 255],
    [14, 9, 10_239],
    [15, 3, 255],
    [15, 4, 10_239],
  ])("%i.%i: from %i bytes on", (major, minor, longest) => {
    const dialect = dialectOf({ major, minor });
    const line = { file: "/f", number: 1, joins: [] };
    expect(tokenize({ ...line, text: "x".repeat(longest) }, dialect).tooLong).toBeNull();
    expect(tokenize({ ...line, text: "x".repeat(longest + 1) }, dialect).tooLong).not.toBeNull();
  });
});
