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
  expect(resolvePath(name, namedIn)).toBe(expected);
});

test("a joined path is cut where the server's buffer ends", () => {
  expect(resolvePath("x".repeat(2000), "/d/hba")).toHaveLength(1023);
});
