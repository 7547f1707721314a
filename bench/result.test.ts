import { expect, test } from "vitest";
import { compare, isMet } from "./result.ts";

test("each round's value is held against the peer's of the same round", () => {
  // The machine was half as fast in the second round, for both.
  expect(compare([100, 50, 110], [200, 100, 200], "more")).toMatchObject({ value: 200, ratio: 0.5 });
});

test("above 1 is better for us, whether more is better or less", () => {
  expect(compare([300], [100], "more").ratio).toBe(3);
  expect(compare([100], [300], "less").ratio).toBe(3);
});

test("the spread is that of the ratios: the largest less the smallest, over the median", () => {
  expect(compare([1, 2, 3], [1, 1, 1], "more").spread).toBe(1);
});

test("what is asked is met from that ratio on, and what is not asked always", () => {
  expect(isMet(compare([95], [100], "more", 0.95))).toBe(true);
  expect(isMet(compare([94], [100], "more", 0.95))).toBe(false);
  expect(isMet(compare([1], [100], "more"))).toBe(true);
  expect(isMet(compare([Number.NaN], [100], "more", 0.95))).toBe(false);
});
