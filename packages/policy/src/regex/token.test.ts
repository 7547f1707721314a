import { expect, test } from "vitest";
import { isMistake } from "../mistake.ts";
import { dialectOf } from "../versions/dialect-of.ts";
import { tokenize } from "../text/token.ts";
import type { Field } from "../text/token.ts";
import { newestDialect } from "./dialect.ts";
import { regexReader } from "./token.ts";

function fieldsOf(text: string): readonly Field[] {
  return tokenize({ file: "/hba", number: 1, text, joins: [] }, dialectOf({ major: 18, minor: 0 })).fields;
}

/** The pattern of the first token of a line, or what is wrong with it; null: it is no regular expression. */
function patternOf(text: string): string | null {
  const [[token] = []] = fieldsOf(text);
  const read = token ? regexReader(newestDialect)(token) : null;
  if (read === null || isMistake(read)) return read && `${read.sqlstate} ${read.shown}`;
  return read.regex.pattern;
}

test.each([
  ["/^a", "^a"],
  ["/", ""],
  ['"/a,b c"', "a,b c"],
  ['/"a"b', "ab"],
  ['"/say ""hi"""', 'say "hi"'],
  ["//", "/"],
  ["+/a", null],
  ["a/b", null],
  ["@/a", null],
  ["/(a", '2201B invalid regular expression "(a": parentheses () not balanced'],
  ['"/a**"', '2201B invalid regular expression "a**": quantifier operand invalid'],
])("a token is a regular expression if it begins with a slash, in quotes or not: %s", (text, expected) => {
  expect(patternOf(text)).toBe(expected);
});

test("what is written the same in one file is compiled once", () => {
  const read = regexReader(newestDialect);
  const [first = [], second = []] = fieldsOf('/^a,/(x "/^a",/(x');
  const [one, two] = [first, second].map(([token]) => token && read(token));
  expect(one).toHaveProperty("regex");
  expect(two).toHaveProperty("regex", one && "regex" in one ? one.regex : null);
  const wrong = [first, second].map(([, token]) => token && read(token));
  expect(wrong).toMatchObject([{ span: first[1] }, { span: second[1] }]);
});
