import { array, assert, constantFrom, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { checkMap, isCatalogueMember } from "@sallyport/policy";
import type { MapVerdict, Policy } from "@sallyport/policy";
import { diff } from "../src/index.ts";
import { policyOf, runs, smallCatalogue } from "./universe.ts";

const systemUsers = ["a", "b", "ab", "A", "x", "a@R", "somebody"];
const roles = ["a", "b", "ab", "g", "x", "B", "somebody"];

const line = tuple(
  constantFrom("m", "m", "m", "other"),
  constantFrom("a", "b", "ab", "x", "/^a", "/^(.*)$", "/^(.)b$", "/^(x)?", "/b$", "a@R", "/^(.*)@R$"),
  constantFrom("a", "b", "ab", "all", "+b", "+a", "/^a", String.raw`\1`, String.raw`a\1`, "x"),
).map((columns) => `${columns.join(" ")}\n`);
const lines = array(line, { maxLength: 5 });
const hba = constantFrom(
  "local all all peer map=m\n",
  "local all a,b peer map=m\n",
  "local all all peer\n",
  "hostssl all all all cert map=m\n",
  "host all all all gss map=m include_realm=0\n",
  "host all all all gss map=m include_realm=1\n",
  "host all all all gss map=m krb_realm=R\n",
);

/** Whether a system user may be a role, by the rule that there is. */
function verdict(policy: Policy, systemUser: string, role: string): MapVerdict | null {
  const [rule] = policy.rules;
  const isFor = rule?.users.some(
    (user) => user.kind === "all" || (user.kind === "literal" && user.name === role),
  );
  const facts = { membership: (one: string, group: string) => isCatalogueMember(smallCatalogue, one, group) };
  return rule && isFor ? checkMap(policy, rule, role, systemUser, facts) : null;
}

/** Of lines that make the role of the name, examples are compared. */
function isMade({ mapping }: MapVerdict): boolean {
  return mapping?.databaseUser.token.text.includes(String.raw`\1`) === true;
}

test.each(["18", "15"])(
  "read by PostgreSQL %s, each line that lets somebody in anew, or did so, is a change",
  (version) => {
    assert(
      property(hba, lines, lines, (rules, old, now) => {
        const [before, after] = [
          policyOf(rules, old.join(""), version),
          policyOf(rules, now.join(""), version),
        ];
        const { changes, undecided } = diff(before, after, { catalogue: smallCatalogue, interfaces: null });
        if (undecided.length > 0) return;
        const told = (side: "old" | "new"): unknown[] =>
          changes.filter(({ map }) => map?.side === side).map(({ map }) => map?.mapping);
        for (const systemUser of systemUsers) {
          for (const role of roles) {
            const [a, b] = [verdict(before, systemUser, role), verdict(after, systemUser, role)];
            const gained = b?.matched === true && a?.matched !== true && !isMade(b) ? [b.mapping] : [];
            const lost = a?.matched === true && b?.matched !== true && !isMade(a) ? [a.mapping] : [];
            expect(told("new")).toEqual(expect.arrayContaining(gained));
            expect(told("old")).toEqual(expect.arrayContaining(lost));
          }
        }
        const outcomes = changes.map(({ kind, old, new: now }) => [kind, old.outcome, now.outcome].join(" "));
        const possible = new Set(["widening refused authenticate", "narrowing authenticate refused"]);
        expect(outcomes.filter((one) => !possible.has(one))).toEqual([]);
      }),
      runs(60),
    );
  },
);
