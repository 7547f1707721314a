import { describe, expect, test } from "vitest";
import type { Disk } from "./disk.ts";
import { linesPerStep } from "./hba/plain/plain-lines.ts";
import { parsePolicy, parsePolicySteps } from "./policy.ts";
import type { Reading } from "./policy.ts";
import { serverProfile } from "./profile.ts";
import type { ServerProfile } from "./profile.ts";
import type { Steps } from "./steps.ts";

const source = { hbaFileName: "/hba", identFileName: "/ident", profile: profile() };

function profile(): ServerProfile {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

/** A disk with these files; `/d` has those whose names begin so. */
function disk(files: Readonly<Record<string, string>>): Disk {
  const names = Object.keys(files).filter((name) => name.startsWith("/d/"));
  const entries = names.map((name) => ({ name: name.slice("/d/".length), kind: "file" as const }));
  return {
    files: new Map(Object.entries(files).map(([name, bytes]) => [name, { bytes }])),
    directories: new Map([["/d", { entries }]]),
    zones: new Map(),
    hosts: new Map(),
  };
}

/** What the steps come to, and how many they are. */
function counted(steps: Steps<Reading>): { readonly reading: Reading; readonly count: number } {
  for (let count = 0; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return { reading: step.value, count };
  }
}

describe("reading step by step", () => {
  // Of lines that are like others some are taken in one step.
  const lines = "local all all peer\n".repeat(100 * linesPerStep);

  test.each<[what: string, files: Readonly<Record<string, string>>]>([
    ["the rules", { "/hba": lines }],
    ["comments", { "/hba": "# nothing\n".repeat(100 * linesPerStep) }],
    ["lines that are none", { "/hba": "nothing\n".repeat(100) }],
    ["the mappings", { "/hba": "local all all peer\n", "/ident": "map os role\n".repeat(100) }],
    ["lines of an included file", { "/hba": "include more\n", "/more": lines }],
    ["lines of files in a directory", { "/hba": "include_dir d\n", "/d/a.conf": lines }],
    ["names of a list", { "/hba": "local all @names peer\n", "/names": "app\n".repeat(100) }],
    ["files that are still to be read", { "/hba": "include none\n".repeat(100) }],
  ])("pauses at each of %s, and comes to the same", (_, files) => {
    const known = disk({ "/ident": "", ...files });
    const { reading, count } = counted(parsePolicySteps(source, known));
    expect(count).toBeGreaterThanOrEqual(100);
    expect(reading).toEqual(parsePolicy(source, known));
  });

  test("pauses at each file of a directory that is still to be read", () => {
    const entries = Array.from({ length: 100 }, (_, at) => ({ name: `${at}.conf`, kind: "file" as const }));
    const known = {
      ...disk({ "/hba": "include_dir d\n", "/ident": "" }),
      directories: new Map([["/d", { entries }]]),
    };
    const { reading, count } = counted(parsePolicySteps(source, known));
    expect(count).toBeGreaterThanOrEqual(100);
    expect(reading.needs).toHaveLength(100);
  });
});

test("a list may have any number of names on one line", () => {
  const names = Array.from({ length: 300_000 }, (_, at) => `user${at}`).join(",");
  const known = disk({ "/hba": "local all @names peer\n", "/names": names, "/ident": "" });
  expect(parsePolicy(source, known).policy?.rules[0]?.users).toHaveLength(300_000);
});

test("rules and mappings are those of the entries, in their order", () => {
  const known = disk({
    "/hba": "local all all peer\nnothing\nlocal shop all reject\n",
    "/ident": "map os role\nmap os\nmap other role\n",
  });
  const { hba, ident, policy } = parsePolicy(source, known);
  expect(hba.rules).toEqual([hba.entries[0]?.rule, hba.entries[2]?.rule]);
  expect(ident?.mappings).toEqual([ident?.entries[0]?.mapping, ident?.entries[2]?.mapping]);
  expect(ident?.mappings.map(({ mapNumber }) => mapNumber)).toEqual([1, 2]);
  expect([policy, hba.loads, ident?.loads]).toEqual([null, false, false]);
});
