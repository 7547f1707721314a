import { decisionRules, seededRandom } from "@sallyport/testkit";
import type { DirectoryContent, FileContent, Policy } from "@sallyport/policy";
import { array, assert, constantFrom, integer, nat, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { notDecided } from "../src/space/not-decided.ts";
import type { Point } from "../src/space/point.ts";
import { minimized } from "./minimized.ts";
import type { Known } from "./minimized.ts";
import { everyPoint, naively, nothingKnown, policyOf, runs, smallRules, spaceOf } from "./universe.ts";

/** Every third, so that it takes no time. */
const points = everyPoint(nothingKnown).filter((_, at) => at % 3 === 0);

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
      runs(8),
    );
    // Most have something to spare, and next to none is given up.
    expect(fewer).toBeGreaterThan(unproven);
  });
});

/** Files as the differential tests give them to PostgreSQL: with includes, lists in other files, comments and odd blanks. */
function generate(seed: number): { readonly bytes: string; readonly known: Known } {
  const r = seededRandom(seed);
  const tree = decisionRules(r, {
    lines: 10 + r.below(40),
    hostNames: r.chance(0.3),
    admits: "scram-sha-256",
  });
  const openError = { code: "ENOENT", reason: "No such file or directory" };
  const files = new Map<string, FileContent>([["/missing.conf", { openError }]]);
  const directories = new Map<string, DirectoryContent>();
  for (const [path, entry] of tree) {
    if (entry.kind === "file") files.set(`/${path}`, { bytes: entry.bytes });
    if (entry.kind !== "directory") continue;
    const inside = [...tree.keys()].filter((other) => other.startsWith(`${path}/`));
    const entries = inside.map((other) => ({ name: other.slice(path.length + 1), kind: "file" as const }));
    directories.set(`/${path}`, { entries });
  }
  const main = tree.get("pg_hba.conf");
  if (main?.kind !== "file") throw new Error("the tree has no pg_hba.conf");
  return { bytes: main.bytes, known: { files, directories } };
}

test("of larger files, the steps are proven, unless an expression leaves it open; a second time nothing changes", () => {
  assert(
    property(integer(), constantFrom(10, 16), (seed, oldest) => {
      const { bytes, known } = generate(seed);
      const once = minimized(bytes, known, oldest);
      expect(once.unproven ?? "it is not certain").toContain("it is not certain");
      expect(minimized(once.bytes, known, oldest).bytes).toBe(once.bytes);
    }),
    runs(5),
  );
});
