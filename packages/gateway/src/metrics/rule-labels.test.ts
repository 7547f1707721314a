import { parsePolicy } from "@sallyport/policy";
import type { HbaRule, Policy } from "@sallyport/policy";
import { profileOf } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { RuleLabels } from "./rule-labels.ts";

const directories = new Map([
  ["/etc/gate/hba.d", { entries: [{ name: "team.conf", kind: "file" as const }] }],
]);

function policyOf(hba: string, more: Readonly<Record<string, string>> = {}): Policy {
  const profile = profileOf();
  const texts = { "/etc/gate/pg_hba.conf": hba, ...more };
  const files = new Map(Object.entries(texts).map(([name, bytes]) => [name, { bytes }]));
  const disk = { files, directories, zones: new Map(), hosts: new Map() };
  const { policy, problems } = parsePolicy(
    { hbaFileName: "/etc/gate/pg_hba.conf", identFileName: null, profile },
    disk,
  );
  if (!policy) throw new Error(problems.map(({ text }) => text).join("\n"));
  return policy;
}

/** What counts now, and what has been loaded anew. */
function labelsOf(policy: Policy, most?: number) {
  const live = { current: policy, report: { hba: { liveSha256: "1" } } };
  let forgotten = 0;
  const labels = new RuleLabels(live, () => (forgotten += 1), most);
  return {
    labels,
    forgotten: () => forgotten,
    load: (current: Policy, liveSha256: string) =>
      Object.assign(live, { current, report: { hba: { liveSha256 } } }),
  };
}

function rule({ rules }: Policy, number: number): HbaRule {
  const found = rules[number - 1];
  if (found === undefined) throw new Error(`there is no rule ${number}`);
  return found;
}

const reject = "host all all all reject\n";

test("a rule is named by file and line, an included file by its path from pg_hba.conf or in full", () => {
  const policy = policyOf(`# first\n${reject}include hba.d/team.conf\ninclude /srv/all.conf\n`, {
    "/etc/gate/hba.d/team.conf": reject,
    "/srv/all.conf": `\n\n${reject}`,
  });
  const { labels } = labelsOf(policy);
  expect(policy.rules.map((one) => labels.of(one))).toEqual([
    "pg_hba.conf:2",
    "hba.d/team.conf:1",
    "/srv/all.conf:3",
  ]);
  expect(labels.of(null)).toBe("none");
});

test("only so many rules have a value of their own, also over reloads of the same file", () => {
  const text = reject.repeat(1500);
  const policy = policyOf(text);
  const { labels, load, forgotten } = labelsOf(policy);
  const values = new Set(policy.rules.map((one) => labels.of(one)));
  expect(values.size).toBe(1001);
  expect(labels.of(rule(policy, 1500))).toBe("other");
  expect(labels.of(rule(policy, 1000))).toBe("pg_hba.conf:1000");
  const again = policyOf(text);
  load(again, "1");
  expect(labels.of(rule(again, 1001))).toBe("other");
  expect(labels.of(rule(again, 1))).toBe("pg_hba.conf:1");
  expect(forgotten()).toBe(0);
});

test("a file that was loaded anew starts anew; a login that began under the old one does not count for the new lines", () => {
  const [old, fresh] = [policyOf(reject), policyOf(`${reject}${reject}`)];
  const { labels, load, forgotten } = labelsOf(old, 1);
  expect(labels.of(rule(old, 1))).toBe("pg_hba.conf:1");
  load(fresh, "2");
  expect(labels.of(rule(fresh, 2))).toBe("pg_hba.conf:2");
  expect(forgotten()).toBe(1);
  load(old, "1");
  labels.follow();
  expect(forgotten()).toBe(2);
  load(fresh, "2");
  expect(labels.of(rule(old, 1))).toBe("replaced");
});
