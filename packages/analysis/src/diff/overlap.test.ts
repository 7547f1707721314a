import { assert, constantFrom, property, tuple, array, boolean, nat } from "fast-check";
import { expect, test } from "vitest";
import type { RuleOutcome } from "../outcome/outcome.ts";
import { Effort } from "../space/effort.ts";
import { createOverlap } from "./overlap.ts";
import { meeting } from "./reach.ts";
import type { Network, RuleReach } from "./reach.ts";

const anywhere: Network = { family: 0, bits: 0, mask: 0, length: null };

/** 128.0.0.0/1, 160.0.0.0/3, 0.0.0.0/0, a mask with a hole, and networks of IPv6. */
const networks: readonly Network[] = [
  anywhere,
  ...[0, 1, 2, 3].flatMap((length) =>
    Array.from({ length: 2 ** length }, (_, first): Network => {
      const mask = length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
      return { family: 4, bits: length === 0 ? 0 : (first << (32 - length)) >>> 0, mask, length };
    }),
  ),
  { family: 4, bits: 0x2000_0000, mask: 0xa000_0000, length: null },
  { family: 6, bits: 0xfe80_0000, mask: 0xffc0_0000, length: null },
  { family: 6, bits: 0, mask: 0, length: null },
];

const names = constantFrom(null, ["a"], ["b"], ["a", "b"], ["c", "a", "c"], ["d"]);
const reach = tuple(constantFrom(1, 0b1110, 0b0100), constantFrom(...networks), names, names).map(
  ([lanes, network, roles, databases]): RuleReach => ({ lanes, network, roles, databases }),
);
/** More than have groups of their own. */
const outcomes = Array.from({ length: 12 }, (): RuleOutcome => ({
  refuses: true,
  asksForCertificate: false,
}));

test("of all rules those are found that may meet another one and lead where it is asked", () => {
  const rules = array(tuple(reach, nat(outcomes.length - 1)), { maxLength: 80 });
  const wanted = array(boolean(), { minLength: outcomes.length, maxLength: outcomes.length });
  assert(
    property(rules, reach, wanted, nat(80), nat(90), (rules, asked, wanted, from, below) => {
      const overlap = createOverlap(new Effort(0));
      const leadsTo = (outcome: RuleOutcome): boolean => wanted[outcomes.indexOf(outcome)] === true;
      const expected: number[] = [];
      for (const [place, [reach, at]] of rules.entries()) {
        const outcome = outcomes[at];
        if (!outcome) continue;
        overlap.add(reach, outcome);
        if (place >= from && place < below && wanted[at] && meeting(asked)(reach)) expected.push(place);
      }
      expect(Array.from(overlap.with(asked, from, below, leadsTo))).toEqual(expected);
      const before = overlap.before(asked, below, Infinity) ?? [];
      expect(Array.from(before)).toEqual(Array.from(overlap.with(asked, 0, below)));
    }),
  );
});

test("where too many would have to be looked at, none is", () => {
  const overlap = createOverlap(new Effort(0));
  const all: RuleReach = { lanes: 1, network: anywhere, roles: null, databases: null };
  const [outcome] = outcomes;
  if (outcome) for (let place = 0; place < 20; place += 1) overlap.add(all, outcome);
  expect([...(overlap.before(all, 15, 15) ?? [])]).toHaveLength(15);
  expect(overlap.before(all, 16, 15)).toBeNull();
});

test.each<[string, Partial<RuleReach>, Partial<RuleReach>, boolean]>([
  ["the same role", { roles: ["a", "b"] }, { roles: ["b"] }, true],
  ["other roles", { roles: ["a"] }, { roles: ["b"] }, false],
  ["a role and a group", { roles: ["a"] }, { roles: null }, true],
  ["other databases", { databases: ["a"] }, { databases: ["b"] }, false],
  ["other ways to come", { lanes: 1 }, { lanes: 0b10 }, false],
])("%s: may they meet?", (_, one, other, expected) => {
  const all: RuleReach = { lanes: 1, network: anywhere, roles: null, databases: null };
  expect(meeting({ ...all, ...one })({ ...all, ...other })).toBe(expected);
});
