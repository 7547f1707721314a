import { expect, test } from "vitest";
import { parsePolicy } from "../policy.ts";
import { serverProfile } from "../profile.ts";

test.each([
  ["15", 100],
  ["16", 10],
])("files of PostgreSQL %s that include each other many times end, %i deep", (version, depth) => {
  const profile = serverProfile({ version });
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/d/hba", { bytes: "local all @many trust\nlocal all @one trust\n" }],
    ["/d/many", { bytes: "@many\n".repeat(8) }],
    ["/d/one", { bytes: "app\n" }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const { hba } = parsePolicy({ hbaFileName: "/d/hba", identFileName: null, profile }, disk);
  const said = (words: string) => hba.problems.filter(({ text }) => text.endsWith(words)).length;
  const openings = (128 * 1024) / depth;
  expect(said(": maximum nesting depth exceeded")).toBeGreaterThan(depth);
  expect(said(": maximum nesting depth exceeded")).toBeLessThan(8 * openings);
  expect(said(": included files are too large together")).toBeGreaterThan(1);
  expect(hba.entries.map(({ error }) => error?.slice(error.lastIndexOf(":")))).toEqual([
    ": maximum nesting depth exceeded",
    ": included files are too large together",
  ]);
});
