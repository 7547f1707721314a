import { expect, test } from "vitest";
import { median, percentile, spread } from "./statistics.ts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("of nothing there is no median, and no percentile", () => {
  expect(median([])).toBeNaN();
  expect(percentile([], 0.99)).toBeNaN();
});

test("99 of 100 values do not exceed their 99th percentile", () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
});

test("values that lie apart by half of their median have a spread of 0.5", () => {
  expect(spread([8, 10, 13])).toBe(0.5);
});
