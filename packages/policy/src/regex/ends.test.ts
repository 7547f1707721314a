import { expect, test } from "vitest";
import { newestDialect } from "./dialect.ts";
import { regexShape } from "./ends.ts";

test.for([
  // pattern, start, end
  ["app", false, false],
  ["^app", true, false],
  ["app$", false, true],
  ["^app$", true, true],
  [String.raw`\Aapp\Z`, true, true],
  ["^(a|b)$", true, true],
  ["(^a$|^b$)", true, true],
  ["^a|b$", false, false],
  ["^a$|^b$", true, true],
  [".*app.*", true, true],
  ["(.*)@example", true, false],
  [".+@x$", true, true],
  ["(?:^x)+$", true, true],
  ["(?:^x)?$", false, true],
  ["a.c", false, false],
  ["", false, false],
  ["***=^app$", false, false],
  ["(?i)^App$", true, true],
] as const)("%j is held at its start: %j, at its end: %j", ([pattern, start, end]) => {
  const shape = regexShape(pattern, newestDialect);
  expect([shape?.heldAtStart, shape?.heldAtEnd]).toEqual([start, end]);
});

test("groups that capture are counted, and what is no expression has no shape", () => {
  expect(regexShape("(a)(?:b)(c(d))", newestDialect)?.groups).toBe(3);
  expect(regexShape("a(", newestDialect)).toBeNull();
});
