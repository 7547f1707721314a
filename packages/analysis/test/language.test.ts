import { compileRegex } from "@sallyport/policy";
import type { Language, Regex } from "@sallyport/policy";
import { regexPattern, regexSubject, seededRandom } from "@sallyport/testkit";
import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { Effort } from "../src/space/effort.ts";
import { findName } from "../src/space/name-search.ts";
import { everyName, longestName } from "../src/space/name-set.ts";
import { runs } from "./universe.ts";

function walk({ start, next, accepts }: Language, subject: string): boolean {
  let state = start;
  for (let at = 0; at < subject.length; at += 1) state = next(state, subject.charCodeAt(at));
  return accepts(state);
}

test("a language accepts what its expression matches", () => {
  assert(
    property(integer(), (seed) => {
      const r = seededRandom(seed);
      const regex = compileRegex(regexPattern(r));
      const language = "error" in regex ? null : regex.language();
      const subjects = language ? r.many(10, 10, () => regexSubject(r)) : [];
      const wrong = subjects.filter(
        (subject) => language && !("error" in regex) && walk(language, subject) !== regex.test(subject),
      );
      expect(wrong).toEqual([]);
    }),
    runs(200),
  );
});

test("a name that is found matches, and where none is found, none of those that are tried does", () => {
  assert(
    property(integer(), (seed) => {
      const r = seededRandom(seed);
      const regexes = r
        .many(1, 3, () => compileRegex(regexPattern(r)))
        .filter((one): one is Regex => !("error" in one));
      const asks = regexes.map((regex) => ({ regex, holds: r.chance(0.6) }));
      const answers = (name: string): boolean => asks.every(({ regex, holds }) => regex.test(name) === holds);
      const within = { ...everyName, names: new Set(r.many(0, 5, () => regexSubject(r))) };
      const name = findName({ within, asks, wished: [], longest: longestName }, new Effort(0));
      const tried = r
        .many(20, 20, () => regexSubject(r))
        .filter((one) => one !== "" && !within.names.has(one));
      expect(
        typeof name === "string"
          ? answers(name) && !within.names.has(name)
          : name !== null || !tried.some(answers),
      ).toBe(true);
    }),
    runs(100),
  );
});

test.each([
  [["^a"], [], "a"],
  [["^a"], ["^.$"], "aa"],
  [["^(?:app|web)_[0-9]+$"], ["_[0-8]"], "app_9"],
  [["^[^a-z]+$"], [], "0"],
  [["^\\W+$"], [], " "],
  [["^a", "b$"], ["ab"], "acb"],
  [["^a"], ["^a"], null],
  [["^.{64}"], [], null],
  [["\\mab\\M"], ["^ab"], " ab"],
])("matching %j and not %j: %j", (matching, not, name) => {
  const asks = [
    ...matching.map((pattern) => [pattern, true] as const),
    ...not.map((pattern) => [pattern, false] as const),
  ];
  const question = asks.map(([pattern, holds]) => ({ regex: compiled(pattern), holds }));
  expect(
    findName({ within: everyName, asks: question, wished: [], longest: longestName }, new Effort(0)),
  ).toBe(name);
});

test("back references and lookarounds have no language, and names are tried", () => {
  expect(compiled("(.)\\1").language()).toBeNull();
  expect(compiled("(?=a)b").language()).toBeNull();
  const asks = [{ regex: compiled("^(.)\\1$"), holds: true }];
  expect(findName({ within: everyName, asks, wished: [], longest: longestName }, new Effort(0))).toBe("aa");
});

function compiled(pattern: string): Regex {
  const regex = compileRegex(pattern);
  if ("error" in regex) throw new Error(regex.error);
  return regex;
}
