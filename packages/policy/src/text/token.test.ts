import { describe, expect, test } from "vitest";
import { tokenize } from "./token.ts";

/** Fields of a line: each token as written here is its text, in quotes if its meaning was quoted away. */
function fields(text: string): string[][] {
  return tokenize({ file: "/f", number: 1, text, joins: [] }).map((field) =>
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
    const [[token] = []] = tokenize({ file: "/f", number: 1, text: ' "a b", c', joins: [] });
    expect([token?.start, token?.end]).toEqual([1, 6]);
  });
});
