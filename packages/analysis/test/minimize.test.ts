import { serverProfile } from "@sallyport/policy";
import type { Bytes, FileContent, Policy, ServerProfile } from "@sallyport/policy";
import { array, assert, constantFrom, nat, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { minimizeFile } from "../src/index.ts";
import type { Minimized } from "../src/index.ts";
import { notDecided } from "../src/space/not-decided.ts";
import type { Point } from "../src/space/point.ts";
import { everyPoint, naively, nothingKnown, policyOf, runs, smallRules, spaceOf } from "./universe.ts";

function profileOf(version: string): ServerProfile {
  const profile = serverProfile({ version });
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

function minimized(bytes: Bytes, files: Readonly<Record<string, Bytes>> = {}, version = "18"): Minimized {
  const known = Object.entries(files).map(([name, one]) => [`/${name}`, { bytes: one }] as const);
  const disk = {
    files: new Map<Bytes, FileContent>(known),
    directories: new Map(),
    zones: new Map(),
    hosts: new Map(),
  };
  const result = minimizeFile({
    kind: "hba",
    fileName: "/hba",
    bytes,
    profile: profileOf(version),
    disk,
    oldest: 10,
  });
  if ("problems" in result) throw new Error(result.problems.map(({ text }) => text).join("\n"));
  if (result.bytes === null) throw new Error(result.difference.what);
  return result;
}

/** With one blank where several were. */
function plainly(bytes: Bytes): string[] {
  return bytes
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "))
    .slice(0, -1);
}

const points = everyPoint(nothingKnown);

const similarRule = tuple(
  constantFrom("host", "host", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"),
  constantFrom("all", "a", "b", "a,b", "replication", "sameuser", "/^a"),
  constantFrom("all", "a", "b", "+a", "b,ab"),
  oneof(
    nat(7).map((last) => `10.0.0.${last}/32`),
    constantFrom("10.0.0.0/31", "10.0.0.2/31", "10.0.0.4/30", "0.0.0.0/0", "::/0", "db.example.com"),
  ),
  constantFrom("trust", "reject"),
);

/** Rules that differ little from each other: of those by chance hardly any two can be merged. */
const similarRules = tuple(
  array(similarRule, { minLength: 1, maxLength: 3 }),
  array(tuple(nat(), nat(7), similarRule), { minLength: 1, maxLength: 9 }),
).map(([first, more]) => {
  const rules: string[][] = [...first];
  for (const [one, column, other] of more) {
    const like = rules[one % rules.length] ?? [];
    rules.push(like.map((word, at) => (at === column % 5 ? (other[at] ?? word) : word)));
  }
  return rules.map((words) => words.join(" "));
});

const rules = oneof({ weight: 5, arbitrary: similarRules }, { weight: 1, arbitrary: smallRules(8) });

describe("of random rules", () => {
  test("everybody meets the same, there are no more rules, and a second time nothing changes", () => {
    let [fewer, unproven] = [0, 0];
    assert(
      property(rules, (lines) => {
        const before = `${lines.join("\n")}\n`;
        const result = minimized(before);
        const after = result.bytes;
        const [old, now] = [policyOf(before), policyOf(after)];
        const space = spaceOf(nothingKnown);
        const method = (policy: Policy, point: Point): string | undefined => {
          const place = naively(policy, point, space);
          return place === notDecided ? "not decided" : policy.rules[place]?.method;
        };
        const different = points.filter((point) => method(old, point) !== method(now, point));
        expect(different.filter((point) => method(old, point) !== "not decided")).toEqual([]);
        expect(now.rules.length).toBeLessThanOrEqual(old.rules.length);
        expect(minimized(after).bytes).toBe(after);
        if (now.rules.length < old.rules.length) fewer += 1;
        if (result.unproven !== null) unproven += 1;
      }),
      runs(30),
    );
    console.log(fewer, unproven);
  });
});
