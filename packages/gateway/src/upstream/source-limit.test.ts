import { expect, test } from "vitest";
import { SourceLimit } from "./source-limit.ts";

test("so many at once, then so many a second", () => {
  const limit = new SourceLimit(3, 2);
  expect([1, 2, 3].map(() => limit.take("a", 0))).toEqual(["counted", "counted", "last"]);
  expect(limit.allows("a", 0)).toBe(false);
  expect(limit.allows("a", 499)).toBe(false);
  expect(limit.allows("a", 500)).toBe(true);
  expect(limit.take("a", 500)).toBe("last");
  expect(limit.allows("a", 999)).toBe(false);
});

test("never more than at once, however long nobody was wrong", () => {
  const limit = new SourceLimit(2, 2);
  limit.take("a", 0);
  expect([1, 2].map(() => limit.take("a", 1_000_000))).toEqual(["counted", "last"]);
});

test("each source by itself, and no memory without end", () => {
  const limit = new SourceLimit(1, 0.001);
  limit.take("a", 0);
  expect(limit.allows("a", 0)).toBe(false);
  expect(limit.allows("b", 0)).toBe(true);
  for (let n = 0; n < 10_000; n += 1) limit.take(`source ${n}`, 0);
  expect(limit.allows("a", 0)).toBe(true);
});
