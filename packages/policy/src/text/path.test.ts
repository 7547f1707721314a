import { expect, test } from "vitest";
import { resolvePath } from "./path.ts";

test.each([
  ["x", "/etc/pg/hba", "/etc/pg/x"],
  ["./x", "/etc/pg/hba", "/etc/pg/x"],
  ["../x", "/etc/pg/hba", "/etc/x"],
  ["d//..///x/", "/etc/pg/hba", "/etc/pg/x"],
  ["../../../../x", "/etc/pg/hba", "/x"],
  ["", "/etc/pg/hba", "/etc/pg"],
  ["/a//b/../c", "/etc/pg/hba", "/a//b/../c"],
  ["x", "/hba", "/x"],
])("%j named in %j is %j", (name, namedIn, expected) => {
  expect(resolvePath(name, namedIn, true)).toBe(expected);
});

test("a joined path is cut where the server's buffer ends", () => {
  expect(resolvePath("x".repeat(2000), "/d/hba", true)).toHaveLength(1023);
});

test.each([
  ["./././x", "/etc/pg/x"],
  ["../x", "/etc/pg/../x"],
  ["d/./..//x/", "/etc/pg/d/./../x"],
  ["x/.", "/etc/pg/x"],
  ["d/x/..", "/etc/pg/d"],
  ["d/x/../.", "/etc/pg/d"],
  ["d/../..", "/etc"],
  ["../../../..", "/"],
  ["", "/etc/pg"],
])("before PostgreSQL 15 dots count at the ends only: %j is %j", (name, expected) => {
  expect(resolvePath(name, "/etc/pg/hba", false)).toBe(expected);
});
