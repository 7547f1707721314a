import { decide } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { coverage } from "../src/index.ts";
import type { KnownWorld, RuleCoverage } from "../src/index.ts";
import {
  allKnown,
  everyPoint,
  factsOf,
  naively,
  nothingKnown,
  policyOf,
  runs,
  smallCatalogue,
  smallRules,
  spaceOf,
} from "./universe.ts";

const worlds = [allKnown, nothingKnown].map((known) => ({ known, points: everyPoint(known) }));

/** Status of each rule, with the lines that cover it. */
function shortly(lines: readonly string[], known: KnownWorld): string[] {
  return [...coverage(policyOf(lines.join("\n")), known)].map((one) => {
    if (one.status !== "unreachable") return one.status;
    const by = one.coveredBy.map(({ lineNumber }) => lineNumber).join(",");
    return `unreachable by ${by || "nobody"}${one.otherOutcome ? ", otherwise" : ""}`;
  });
}

describe("whether a rule ever decides", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      "rules before it take all",
      ["host all all 10.0.0.0/8 trust", "host all bob 10.1.0.0/16 reject"],
      ["reachable", "unreachable by 1, otherwise"],
    ],
    [
      "several do together, and none that could be spared",
      [
        "host all x 10.0.0.0/8 md5",
        "host all all 10.0.0.0/9 md5",
        "host all all 10.128.0.0/9 md5",
        "host all all 10.0.0.0/8 md5",
      ],
      ["reachable", "reachable", "reachable", "unreachable by 2,3"],
    ],
    [
      "all ways to come",
      ["hostssl all all all md5", "hostnossl all all all md5", "host all all all md5", "local all all peer"],
      ["reachable", "reachable", "unreachable by 1,2", "reachable"],
    ],
    [
      "physical replication is not in all",
      ["host all all all md5", "host replication all all md5"],
      ["reachable", "reachable"],
    ],
    [
      "IPv4 and IPv6 are all that there is",
      ["host all all 0.0.0.0/0 md5", "host all all ::/0 md5", "host all all all trust"],
      ["reachable", "reachable", "unreachable by 1,2, otherwise"],
    ],
    [
      "regular expressions that hold others",
      ["host all /^a all md5", "host all /^ab all md5", "host all /b all md5"],
      ["reachable", "unreachable by 1", "reachable"],
    ],
    [
      "one that matches nothing",
      ["host all /a^ all md5", `host all ${"n".repeat(64)} all md5`],
      ["unreachable by nobody", "unreachable by nobody"],
    ],
    [
      "whatever a role is called",
      ["host all undecided all md5", "host undecided all all md5"],
      ["reachable", "reachable"],
    ],
    [
      "the same name for both",
      ["host sameuser all all md5", "host a a all md5", "host a all all md5"],
      ["reachable", "unreachable by 1", "reachable"],
    ],
    [
      "who is in a group is not known",
      ["host all +a all md5", "host all bob all md5", "host all all all md5", "host all +a all trust"],
      ["unknown", "unknown", "reachable", "unreachable by 1, otherwise"],
    ],
    [
      "a group is found by the name of its database, too",
      ["host samerole all all md5", "host a +a all md5"],
      ["unknown", "unreachable by 1"],
    ],
    [
      "a client has one name",
      ["host all all .example.com md5", "host all all db.example.com md5", "host all all all md5"],
      ["unknown", "unreachable by 1", "reachable"],
    ],
    [
      "the server is in its network",
      ["host all all samenet md5", "host all all samehost md5"],
      ["unknown", "unreachable by 1"],
    ],
  ])("%s", (_, lines, expected) => {
    expect(shortly(lines, nothingKnown)).toEqual(expected);
  });

  test("with a role catalogue groups are names", () => {
    const known = { catalogue: smallCatalogue, interfaces: null };
    expect(
      shortly(
        ["host all +b all md5", "host all a all md5", "host all ab,g all md5", "host all +ghost all md5"],
        known,
      ),
    ).toEqual(["reachable", "unreachable by 1", "unreachable by 1", "unreachable by nobody"]);
  });

  test("types that cannot come to the server are left out", () => {
    const policy = policyOf("hostgssenc all all all gss\nhost all all all gss\n");
    const without: Policy = { ...policy, profile: { ...policy.profile, features: new Set() } };
    expect([...coverage(without, nothingKnown)].map(({ place }) => place)).toEqual([1]);
  });

  test("db_user_namespace is refused", () => {
    const policy = policyOf("host all all all trust", "", "16");
    const settings = { ...policy.profile.settings, db_user_namespace: true };
    expect(() => [
      ...coverage({ ...policy, profile: { ...policy.profile, settings } }, nothingKnown),
    ]).toThrow("cannot be analysed while db_user_namespace is on");
  });
});

describe("of random rules", () => {
  function check(one: RuleCoverage, policy: Policy, known: KnownWorld, decided: ReadonlySet<unknown>): void {
    const { place, rule } = one;
    expect(one.status === "unreachable" && decided.has(place)).toBe(false);
    if (one.status === "unreachable" || !one.witness) return;
    // Where all is known only the client's name may be missing, and the witness tells it.
    expect(one.status === "unknown" && known === allKnown && one.dependsOn.length === 0).toBe(false);
    const decision = decide(policy, one.witness.attempt, factsOf(one.witness, known));
    const isSettled = one.dependsOn.every(({ fact }) => fact === "hostname");
    const possible = isSettled ? [] : decision.perhaps.map(({ rule }) => rule);
    expect([decision.rule, ...possible]).toContain(rule);
  }

  test("no rule that decides is unreachable, and witnesses are right", () => {
    assert(
      property(smallRules(8), constantFrom(...worlds), (lines, { known, points }) => {
        const space = spaceOf(known);
        const policy = policyOf(lines.join("\n"));
        const decided = new Set(points.map((point) => naively(policy, point, space)));
        for (const one of coverage(policy, known)) check(one, policy, known, decided);
      }),
      runs(5),
    );
  });

  test("rules that cover another one match all that it does, and each of them is needed", () => {
    assert(
      property(smallRules(6), constantFrom(...worlds), (lines, { known, points }) => {
        const space = spaceOf(known);
        const policy = policyOf(lines.join("\n"));
        for (const one of coverage(policy, known)) {
          if (one.status !== "unreachable") continue;
          const rules = [...one.coveredBy, one.rule];
          const left = points.find(
            (point) => naively({ ...policy, rules }, point, space) === rules.length - 1,
          );
          expect(left).toBeUndefined();
        }
      }),
      runs(30),
    );
  });
});
