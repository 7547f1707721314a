import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import { changedPlaces } from "./common.ts";

const list = array(constantFrom("a", "b", "c", "d"), { maxLength: 10 });

test("what is left of both lists without the places that are changed is equal, place by place", () => {
  assert(
    property(list, list, (before, after) => {
      const changed = changedPlaces(before, after);
      const kept = (all: readonly string[], places: readonly number[]): number[] =>
        [...all.keys()].filter((place) => !places.includes(place));
      const [old, now] = [kept(before, changed.old), kept(after, changed.new)];
      expect(old.map((place) => before[place])).toEqual(now.map((place) => after[place]));
    }),
  );
});

test.each<[string, string, number[], number[]]>([
  ["abc", "abc", [], []],
  ["abc", "axbc", [], [1]],
  ["abc", "ac", [1], []],
  ["abcd", "bcda", [0], [3]],
  ["aab", "ab", [1], []],
  ["", "a", [], [0]],
])("%j and %j", (before, after, old, now) => {
  const changed = changedPlaces(Array.from(before), Array.from(after));
  expect([changed.old, changed.new]).toEqual([old, now]);
});
