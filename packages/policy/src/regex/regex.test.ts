import { describe, expect, test } from "vitest";
import { dialectOf } from "../versions/dialect-of.ts";
import { compileRegex } from "./index.ts";
import type { Regex } from "./index.ts";

function compiled(pattern: string): Regex {
  const regex = compileRegex(pattern);
  if ("error" in regex) throw new Error(`${pattern}: ${regex.error}`);
  return regex;
}

/** The texts of the whole match and of the groups; null: no match. */
function texts(pattern: string, subject: string): (string | null)[] | null {
  const match = compiled(pattern).match(subject);
  if ("error" in match) throw new Error(match.error);
  return match.matched ? match.captures.map((span) => span && subject.slice(...span)) : null;
}

test("what has been built can be let go of, and is built anew; it is counted all the same", () => {
  const regex = compiled("^(a|b)*c{2,9}$");
  const answers = (): unknown => [regex.test("abccc"), regex.test("abc"), regex.language()?.classes.length];
  const first = answers();
  const once = regex.built();
  expect(answers()).toEqual(first);
  expect(regex.built()).toBe(once);
  regex.forget();
  expect(regex.built()).toBe(once);
  expect(answers()).toEqual(first);
  expect(regex.built()).toBe(2 * once);
});

// Every row of this file is what PostgreSQL 18 answers in a database of single bytes.

test.each([
  ["em", "Mem", true],
  ["", "anything", true],
  ["^a$", "a\n", false],
  ["(?n)^b$", "a\nb\nc", true],
  ["a^b", "a^b", false],
  ["^..$", "\xc3\xa9", true],
  ["^\\w$", "\xe9", false],
  ["^\\W$", "\xe9", true],
  ["^[[:cntrl:]]$", "\x85", true],
  ["(?i)\xe9", "\xc9", false],
  ["(?i)[^a]", "A", false],
  ["\\u00E9", "\xe9", true],
  ["\\u0141", "A", false],
  ["\\x100000061", "a", true],
  ["a{,3}", "a{,3}", true],
  ["\\ma\\M", "-a-", true],
  ["\\yb", "ab", false],
  ["[[:<:]]b", "a b", true],
  ["(?<=a)b(?!c)", "abd", true],
  ["(?<!a)b", "ab", false],
  ["(?p)^a.b$", "a\nb", false],
  ["(?x) a b # c", "ab", true],
  ["a(?#comment)b", "ab", true],
  ["***=a*", "aa", false],
  ["***:(?i)A", "a", true],
  ["(?b)\\(a\\)\\1", "aa", true],
  ["(?b)a+", "a+", true],
  ["(?qb)a\\{2\\}", "aa", true],
  ["(?e)x)", "x)", true],
  // `*` is a character where there is nothing to repeat, in a basic expression.
  ["(?b)^*a", "*a", true],
])("%j in %j: %j", (pattern, subject, matched) => {
  expect(compiled(pattern).test(subject)).toBe(matched);
});

describe("the leftmost match; of these the longest or the shortest; then each group from left to right", () => {
  test.each([
    ["a|ab", "ab", ["ab"]],
    ["(a|ab)", "ab", ["ab", "ab"]],
    ["(a|ab)(c|bcd)?", "xaby", ["ab", "ab", null]],
    ["(a|ab)(c|bcd)(d*)", "abcd", ["abcd", "ab", "c", "d"]],
    ["(a)?(ab)?", "ab", ["ab", null, "ab"]],
    ["Y*([0-9]{1,3})", "XY1234Z", ["Y123", "123"]],
    ["Y*?([0-9]{1,3})", "XY1234Z", ["Y1", "1"]],
    ["(.*)(\\d+)(.*)", "abc01234xyz", ["abc01234xyz", "abc0123", "4", "xyz"]],
    ["(.*?)(\\d+)(.*)", "abc01234xyz", ["abc0", "abc", "0", ""]],
    ["(?:(.*?)(\\d+)(.*)){1,1}", "abc01234xyz", ["abc01234xyz", "abc", "01234", "xyz"]],
    ["((a)|(b)|(c))*", "abcabc", ["abcabc", "c", null, null, "c"]],
    ["(a*)+", "aaa", ["aaa", ""]],
    ["(a)*", "", ["", null]],
    ["(a*)*", "", ["", ""]],
    // No time at all comes first for what prefers the shortest.
    ["(?<=b?)(((\\B{2,}?)ba{0,1})*?)??ab", "ab", ["ab", null, null, null]],
    ["^(.*)@example\\.com$", "joe@example.com", ["joe@example.com", "joe"]],
  ])("%j on %j: %j", (pattern, subject, expected) => {
    expect(texts(pattern, subject)).toEqual(expected);
  });
});

describe("references", () => {
  test.each([
    ["(^a)\\1", "aa", ["aa", "a"]],
    ["(?i)(a)\\1", "aA", ["aA", "a"]],
    ["(a)?\\1*b", "b", null],
    ["(a)?(?:\\1)*b", "b", ["b", null]],
    ["(?:(a?)\\1){3}", "", null],
    ["(a{0,2}?)a((?:a{0,2}?)\\1{2}?)?|", "a", ["a", "", null]],
    // What could not be divided leaves nothing in its groups.
    ["(y*?)??(?:(a)b\\1|ab)", "ab", ["ab", null, null]],
    ["(y*?)??(()\\1|x)*", "", ["", null, null, null]],
    // PostgreSQL does not look at the end of the subject after a match that ends one before it came to nothing.
    ["(b)x|a\\1?|$", "ab", null],
    ["(b)x|a\\1?|$", "abb", ["", null]],
  ])("%j on %j: %j", (pattern, subject, expected) => {
    expect(texts(pattern, subject)).toEqual(expected);
    expect(compiled(pattern).test(subject)).toBe(expected !== null);
  });
});

test.each([
  ["(", "parentheses () not balanced"],
  ["a)", "parentheses () not balanced"],
  ["[a", "brackets [] not balanced"],
  ["[[:foo:]", "brackets [] not balanced"],
  ["a{1", "braces {} not balanced"],
  ["a{1x", "invalid repetition count(s)"],
  ["a{2,1}", "invalid repetition count(s)"],
  ["a{256}", "invalid repetition count(s)"],
  ["*a", "quantifier operand invalid"],
  ["a**", "quantifier operand invalid"],
  ["^*a", "quantifier operand invalid"],
  ["(?=a)*", "quantifier operand invalid"],
  ["(?", "quantifier operand invalid"],
  ["a(?i)b", "quantifier operand invalid"],
  ["***xa", "quantifier operand invalid"],
  ["a\\", "invalid escape \\ sequence"],
  ["\\q", "invalid escape \\ sequence"],
  ["[\\y]", "invalid escape \\ sequence"],
  ["\\xFFFFFFFF", "invalid escape \\ sequence"],
  ["\\1", "invalid backreference number"],
  ["(a\\1)", "invalid backreference number"],
  ["(a)(?=\\1)", "invalid backreference number"],
  ["[z-a]", "invalid character range"],
  ["[a-c-e]", "invalid character range"],
  ["[[:foo:]]", "invalid character class"],
  ["[[.foo.]]", "invalid collating element"],
  ["(?z)a", "invalid embedded option"],
  ["(?P<x>a)", "invalid embedded option"],
  ["***?a", "invalid regexp (reg version 0.8)"],
])("%j is refused: %s", (pattern, error) => {
  expect(compileRegex(pattern)).toEqual({ error });
});

describe("what would take too much is refused or given up, never an overflow or an endless search", () => {
  const tooComplex = { error: "regular expression is too complex" };

  test.each([
    ["parentheses", "(".repeat(100_000)],
    ["counted repeats", "(((x{255}){255}){255}){255}"],
    ["references that double", `(a)${[1, 2, 3].map((n) => `(${`\\${n}`.repeat(255)})`).join("")}`],
    ["references in a row", `(a)${Array.from({ length: 5_000 }, (_, n) => `(\\${n + 1})`).join("")}`],
  ])("%s", (_, pattern) => {
    expect(compileRegex(pattern)).toEqual(tooComplex);
  });

  test("a search by references", () => {
    const regex = compiled("^(.+)(.+)(.+)(.+)\\1\\2\\3\\4\\1x$");
    const subject = `${"ab".repeat(60)}cx`;
    expect(regex.match(subject)).toEqual(tooComplex);
    expect(regex.test(subject)).toBeNull();
  });

  test("a deep expression that is allowed is matched", () => {
    const regex = compiled(`${"((?:".repeat(125)}a${")*|b)+?".repeat(125)}`);
    expect(regex.match("aab")).toMatchObject({ matched: true });
  });

  test("without references a long subject takes time in proportion, however ambiguous the expression", () => {
    const subject = "a".repeat(200_000);
    expect(compiled("(a|a|aa)*(a*)*b").test(subject)).toBe(false);
    expect(compiled("(?<=a*)(?=(a|aa)*c)a").test(subject)).toBe(false);
    expect(texts("^(a*)(?:a|aa)*$", subject)?.[1]).toHaveLength(200_000);
  });
});

// What PostgreSQL 10.23, 11.22, 12.22 and 13.23 answer, and 14.23 and later ones.
describe("before 14", () => {
  const answer = (pattern: string, subject: string, major: number): string | boolean | null => {
    const regex = compileRegex(pattern, dialectOf({ major, minor: 0 }));
    return "error" in regex ? regex.error : regex.test(subject);
  };

  test.each([
    ["[[:word:]]", "a", "invalid character class", true],
    ["[\\W]", "-", "invalid escape \\ sequence", true],
    ["[^\\Da]", "1", "invalid escape \\ sequence", true],
    ["(?n)\\W", "\n", false, true],
    ["(?p)\\D", "\n", false, true],
    ["(?w)\\W", "\n", true, true],
    ["(?n)\\S", "\n", false, false],
    ["[\\w-z]", "`", true, "invalid character range"],
    ["[\\w-!]", "a", "invalid character range", "invalid character range"],
    ["[\\w-\t", "a", "brackets [] not balanced", "invalid character range"],
    ["[\\d-z]", "a", "invalid character range", "invalid character range"],
    ["[a\\w-]", "-", true, true],
    ["(^.)\\1", "xx", false, true],
    ["(a(?=a))\\1", "aab", false, true],
    ["(\\ma)\\1", "aa", false, true],
  ])("%j in %j: %j, then %j", (pattern, subject, before, since) => {
    expect([10, 13].map((major) => answer(pattern, subject, major))).toEqual([before, before]);
    expect([14, 18, 19].map((major) => answer(pattern, subject, major))).toEqual([since, since, since]);
  });
});
