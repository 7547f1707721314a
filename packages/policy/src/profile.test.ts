import { expect, test } from "vitest";
import { serverProfile } from "./profile.ts";
import type { Dialect } from "./versions/dialect.ts";

function dialect(version: string): Dialect {
  const profile = serverProfile({ version });
  if ("error" in profile) throw new Error(profile.error);
  return profile.dialect;
}

test("every release from 10 to 19 has a whole dialect", () => {
  for (let major = 10; major <= 19; major += 1) {
    for (const value of Object.values(dialect(`${major}.0`))) expect(value).toBeDefined();
  }
});

test.each(["9.6", "20", "90624", "x", ""])("version %j is refused, never read as another", (version) => {
  expect(serverProfile({ version })).toHaveProperty("error", expect.stringContaining(`"${version}"`));
});

test("a change that came to several branches at once came with a release of each", () => {
  const shown = ["12.22", "13.18", "13.19", "14.15", "14.16", "17.2", "17.3", "18.0"];
  expect(shown.filter((version) => dialect(version).ldapSchemeShown)).toEqual([
    "13.19",
    "14.16",
    "17.3",
    "18.0",
  ]);
});

test("what came and went holds only in between", () => {
  const restricted = ["11", "12.0", "12.5", "12.6", "13.0", "13.1", "13.2", "14.0"];
  expect(restricted.filter((version) => dialect(version).gssencNeedsGss)).toEqual([
    "12.0",
    "12.5",
    "13.0",
    "13.1",
  ]);
});
