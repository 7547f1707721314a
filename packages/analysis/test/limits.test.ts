import type { Policy } from "@sallyport/policy";
import { assert, integer, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { coverage, diff } from "../src/index.ts";
import type { RuleCoverage } from "../src/index.ts";
import { Effort } from "../src/space/effort.ts";
import { hostile, hostileKinds } from "./hostile.ts";
import { minimized } from "./minimized.ts";
import { nothingKnown, policyOf, runs, smallRules } from "./universe.ts";

/** From next to nothing to what is enough. */
const effort = integer({ min: 0, max: 14 }).map((power) => 10 * 2 ** power);

function statuses(policy: Policy, most?: number): readonly RuleCoverage[] {
  return [...coverage(policy, nothingKnown, most === undefined ? undefined : new Effort(0, most))];
}

describe("where there is not enough time", () => {
  test("a rule is what it would be with more of it, or it is said that this was not found out", () => {
    let [open, closed] = [0, 0];
    assert(
      property(tuple(smallRules(10), effort), ([lines, most]) => {
        const policy = policyOf(lines.join("\n"));
        const all = statuses(policy);
        const some = statuses(policy, most);
        expect(some.map(({ place }) => place)).toEqual(all.map(({ place }) => place));
        for (const [at, { status, ...more }] of some.entries()) {
          const isOpen = "givenUp" in more && more.givenUp;
          if (isOpen) open += 1;
          else closed += 1;
          expect(status).toBe(isOpen ? "unknown" : all[at]?.status);
        }
        expect(statuses(policy, most)).toEqual(some);
      }),
      runs(60),
    );
    expect(Math.min(open, closed)).toBeGreaterThan(20);
  });

  test("a difference is all of it, or it is said that something is left", () => {
    assert(
      property(tuple(smallRules(8), smallRules(8), effort), ([before, after, most]) => {
        const [old, now] = [policyOf(before.join("\n")), policyOf(after.join("\n"))];
        const words = (work?: Effort): readonly [words: readonly string[], undecided: number] => {
          const { changes, undecided } = diff(old, now, nothingKnown, work);
          const { length } = undecided;
          return [
            changes.map(({ kind, rules }) => `${kind} ${rules.old?.lineNumber} ${rules.new?.lineNumber}`),
            length,
          ];
        };
        const [all] = words();
        const [some, undecided] = words(new Effort(0, most));
        expect(undecided === 0 ? some : all.filter((one) => some.includes(one))).toEqual(
          undecided === 0 ? all : some,
        );
      }),
      runs(12),
    );
  });

  test("the last that is not decided says how many lines were not compared", () => {
    const lines = Array.from({ length: 40 }, (_, at) => `host all /^a${at} 10.0.0.0/8 md5`).join("\n");
    const [old, now] = [policyOf(lines), policyOf(lines.replaceAll("md5", "scram-sha-256"))];
    const { undecided } = diff(old, now, nothingKnown, new Effort(0, 20_000));
    const counts = undecided.map(({ notCompared }) => notCompared);
    expect(counts.slice(0, -1).every((count) => count === null)).toBe(true);
    expect(counts.at(-1)).toBeGreaterThan(40);
    expect(undecided.at(-1)?.old?.method).toBe("md5");
  });
});

test.each([
  ["another method", / scram-sha-256$/gm, " md5"],
  ["other addresses", / 10\./g, " 11."],
])("a file as people write them is compared to its end if every line has %s", (_, from, to) => {
  const lines = ordinary(1000);
  const [old, now] = [policyOf(lines), policyOf(lines.replaceAll(from, to))];
  // What there is for any file is not asked for.
  const { changes, undecided } = diff(old, now, nothingKnown, new Effort(2000, 0));
  expect(changes.length).toBeGreaterThanOrEqual(1000);
  expect(undecided).toEqual([]);
});

/** Teams with a database each, on 256 sites. */
function ordinary(rules: number): string {
  return Array.from({ length: rules }, (_, at) => {
    const team = Math.floor(at / 10);
    const users = [`u${at}`, `a${at},b${at}`, `+g${at}`, at % 100 === 3 ? `/^r${at}_[0-9]+$` : `u${at}`];
    const database = at % 7 === 0 ? "all" : `db${team}`;
    return `host ${database} ${users[at % 4]} 10.${team % 256}.0.0/16 scram-sha-256`;
  }).join("\n");
}

test.each(hostileKinds)("a file that is slow with %s comes to its end", (kind) => {
  const policy = policyOf(hostile(kind, 2000));
  const most = 20_000;
  const effort = new Effort(0, most);
  expect([...coverage(policy, nothingKnown, effort)]).toHaveLength(policy.rules.length);
  const changed = policyOf(hostile(kind, 2000).replaceAll(/ md5$/gm, " trust"));
  expect(diff(policy, changed, nothingKnown, new Effort(0, 0)).undecided.length).toBeGreaterThan(0);
});

describe("a line with two long lists", () => {
  const list = (sign: string): string => Array.from({ length: 150 }, (_, at) => `${sign}${at}`).join(",");
  const long = `local ${list("/^d")} ${list("+g")} md5`;

  test("is not looked at, and those behind it are", () => {
    const found = statuses(policyOf(`${long}\nlocal all u md5\nlocal all u reject\n`));
    expect(found.map(({ status }) => status)).toEqual(["unknown", "reachable", "unreachable"]);
    expect(found[0]).toMatchObject({ givenUp: true, witness: null });
  });

  test("is not compared with others", () => {
    const other = long.replace("md5", "reject");
    const { changes, undecided } = diff(policyOf(`${long}\n`), policyOf(`${other}\n`), nothingKnown);
    expect([changes, undecided.length > 0]).toEqual([[], true]);
  });

  test("is not made smaller, nor anything else", () => {
    const file = `${long}\n${long}\n`;
    const { unproven, steps } = minimized(file);
    expect([unproven, steps]).toEqual(["it would take too long to find out which rules can be spared", []]);
  });
});
