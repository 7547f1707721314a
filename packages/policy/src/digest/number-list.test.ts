import { expect, test } from "vitest";
import { finish } from "../steps.ts";
import { NumberList } from "./number-list.ts";

test.each([0, 1, 16, 17, 16_383, 16_384, 16_385, 100_000])("%i numbers", (length) => {
  const list = new NumberList();
  for (let at = 0; at < length; at += 1) list.push(2 ** 32 - 1 - at * 7);
  const expected = Uint32Array.from({ length }, (_, at) => 2 ** 32 - 1 - at * 7);
  expect(list.length).toBe(length);
  expect(finish(list.packed())).toEqual(expected);
  const ends = [0, 15, 16, 17, length >> 1, length - 1].filter((at) => at >= 0 && at < length);
  expect(ends.map((at) => list.at(at))).toEqual(ends.map((at) => expected[at]));
  expect(list.at(length)).toBe(0);
});
