import { readLines, serverProfile, tokenize } from "@sallyport/policy";
import { expect, test } from "vitest";
import { isSame } from "./same.ts";

function cut(text: string): unknown {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  return Array.from(readLines("/f", text, profile.dialect), (line) => tokenize(line, profile.dialect));
}

test.each<[left: unknown, right: unknown, same: boolean]>([
  [1, 1, true],
  [1, "1", false],
  [null, {}, false],
  [undefined, null, false],
  [[1, 2], [1, 2], true],
  [[1, 2], [1], false],
  [[1], [1, 2], false],
  [[], {}, false],
  [{ a: 1 }, { a: 1 }, true],
  [{ a: 1 }, { b: 1 }, false],
  [{ a: 1 }, { a: 1, b: undefined }, false],
  [{ a: { b: [1] } }, { a: { b: [2] } }, false],
  [{ test: () => true }, { test: () => false }, true],
  [{ test: () => true }, { test: true }, false],
  [{ file: "f", number: 1, text: "a", joins: [] }, { file: "f", number: 1, text: " a", joins: [1] }, true],
  [{ file: "f", number: 1, text: "a", joins: [] }, { file: "f", number: 2, text: "a", joins: [] }, false],
  [cut("a  b"), cut(" a b # c"), true],
  [cut("a b"), cut("a c"), false],
  [cut("a b"), cut('a "b"'), false],
  [cut("a bb"), cut('a b"b"'), false],
  [cut("a,b"), cut("a b"), false],
])("%j and %j: %s", (left, right, same) => {
  expect(isSame(left, right)).toBe(same);
});
