import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  nat,
  oneof,
  property,
  record,
  tuple,
} from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpv4 } from "../../ip.ts";
import { parsePolicy } from "../../policy.ts";
import type { Policy } from "../../policy.ts";
import { serverProfile } from "../../profile.ts";
import { connectionOf } from "../attempt.ts";
import type { Attempt } from "../attempt.ts";
import { chooseRule } from "../choose-rule.ts";
import { decide } from "../decide.ts";
import type { Facts } from "../facts.ts";
import { candidates, plainly } from "./candidates.ts";
import { compilePolicy, compilePolicySteps } from "./compile-policy.ts";
import { compileRules } from "./compile-rules.ts";
import { finish } from "../../steps.ts";
import { narrowest } from "./rule-class.ts";
import type { Places } from "./sorted-places.ts";

function policyOf(hba: string): Policy {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([["/hba", { bytes: hba }]]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const reading = parsePolicy({ hbaFileName: "/hba", identFileName: null, profile }, disk);
  if (!reading.policy) throw new Error(reading.problems.map(({ text }) => text).join("\n"));
  return reading.policy;
}

/** Few names and few bits, so that rules meet attempts, and each other. */
const names = ["a", "b", "c", "d"];
const name = constantFrom(...names);

function column(...keywords: string[]): Arbitrary<string> {
  const item = oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: constantFrom(...keywords) });
  return oneof(
    { weight: 4, arbitrary: item },
    array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(",")),
  );
}

const ipv4 = tuple(constantFrom(0, 10, 138), nat(3), constantFrom(0, 1, 128), nat(255)).map((bytes) =>
  bytes.join("."),
);
const ipv6 = tuple(constantFrom("fe80", "2001", "::ffff", "0"), nat(3), constantFrom(0, 1, 0x8000)).map(
  ([head, middle, last]) =>
    head === "::ffff" ? `::ffff:10.${middle}.0.1` : `${head}:${middle}::${last.toString(16)}`,
);
const network = oneof(
  { weight: 4, arbitrary: tuple(ipv4, nat(32)).map((parts) => parts.join("/")) },
  { weight: 2, arbitrary: tuple(ipv6, nat(128)).map((parts) => parts.join("/")) },
  { weight: 1, arbitrary: ipv4.map((ip) => `${ip} 255.0.255.0`) },
  { weight: 1, arbitrary: constantFrom("all", "samehost", "samenet", ".example.com", "db.example.com") },
);
const rule = tuple(
  constantFrom("local", "host", "host", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"),
  column("all", "sameuser", "samerole", "replication", '"all"', '"replication"', "/^[ab]", "/^d|l$"),
  column("all", "+a", "+b", '"+a"', "/^[bc]", "/"),
  network,
  constantFrom("trust", "reject", "scram-sha-256", "peer"),
).map(([type, database, user, address, method]) =>
  type === "local"
    ? `local ${database} ${user} ${method}`
    : `${type} ${database} ${user} ${address} ${method === "peer" ? "trust" : method}`,
);

const attempt: Arbitrary<Attempt> = record(
  {
    user: oneof(name, constant("+a")),
    database: oneof(name, constantFrom("all", "replication", "\u00e9")),
    address: oneof({ weight: 4, arbitrary: ipv4 }, { weight: 2, arbitrary: ipv6 }, constant(null)),
    ssl: boolean(),
    gssenc: boolean(),
    replication: constantFrom(false, false, false, true, "database" as const),
  },
  { requiredKeys: ["user"] },
);

/** Each of them known or not; memberships may be known of some groups only. */
const facts: Arbitrary<Facts> = record({
  members: dictionary(constantFrom("a b", "b a", "c a", "d b", "a a", "b b"), boolean()),
  knows: boolean(),
  hostname: constantFrom<Facts["hostname"][]>(
    undefined,
    { name: null, error: "No name" },
    { name: "db.example.com" },
    { name: "x.example.com", forward: { error: "No address" } },
    { name: "db.example.com", forward: { addresses: [parseIpv4("10.1.0.1") ?? ""] } },
  ),
  interfaces: constantFrom<Facts["interfaces"][]>(
    undefined,
    [],
    [{ ip: "\u000a\u0001\u0000\u0001", mask: "\u00ff\u00ff\u0000\u0000" }],
  ),
}).map(({ members, knows, hostname, interfaces }): Facts =>
  Object.assign(
    {},
    hostname && { hostname },
    interfaces && { interfaces },
    knows && { membership: (role: string, group: string) => members[`${role} ${group}`] },
  ),
);

/** Pushes what follows behind the rules that are compared in any case. */
const preface = "local nobody nobody reject\n".repeat(plainly);

describe("a compiled policy decides as the plain list does", () => {
  test("whatever the rules, the attempt and what is known", { timeout: 60_000 }, () => {
    let [shorter, decided] = [0, 0];
    assert(
      property(
        array(rule, { minLength: 30, maxLength: 80 }),
        array(tuple(attempt, facts), { minLength: 40, maxLength: 40 }),
        (lines, asked) => {
          const plain = policyOf(preface + lines.join("\n"));
          const compiled = compilePolicy(plain);
          for (const [attempt, facts] of asked) {
            const decision = decide(plain, attempt, facts);
            expect(decide(compiled, attempt, facts)).toEqual(decision);
            decided += 1;
            const next = compiled.compiled && candidates(compiled.compiled, decision.connection);
            if (next && next(plainly) > plainly) shorter += 1;
          }
        },
      ),
      { numRuns: 500 },
    );
    // Most of them by lists shorter than the whole.
    expect(shorter).toBeGreaterThan(decided / 3);
  });

  test("what is left out of a class never matches, and hangs on nothing", { timeout: 60_000 }, () => {
    let leftOut = 0;
    assert(
      property(
        array(rule, { minLength: 1, maxLength: 80 }),
        array(tuple(attempt, facts), { minLength: 10, maxLength: 10 }),
        (lines, asked) => {
          const { rules } = policyOf(lines.join("\n"));
          const { local, tcp } = finish(compileRules(rules));
          expect(
            [...local, ...tcp].flatMap(({ places }) => Array.from(places)).toSorted((a, b) => a - b),
          ).toEqual([...rules.keys()]);
          for (const [attempt, facts] of asked) {
            const connection = connectionOf(attempt);
            const classes = connection.client === null ? local : tcp;
            const kept = new Set(classes.flatMap((one) => narrowest(one, connection).flatMap(listed)));
            const others = rules.filter((_, place) => !kept.has(place));
            leftOut += others.length;
            expect(chooseRule(others, connection, facts)).toEqual({ rule: null, place: null, perhaps: [] });
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(leftOut).toBeGreaterThan(0);
  });
});

function listed({ all, from, to }: Places): number[] {
  return [...all.subarray(from, to)];
}

/** The places of the rules that are compared if none of them matches. */
function compared(hba: string, attempt: Attempt): number {
  const { rules } = policyOf(hba);
  const next = candidates(finish(compileRules(rules)), connectionOf(attempt));
  let count = 0;
  for (let place = next(0); place < rules.length; place = next(place + 1)) count += 1;
  return count;
}

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => `${line(at)}\n`).join("");
}

describe("few rules are compared", () => {
  const bob = { user: "bob", database: "shop", address: "10.1.2.3" } as const;
  test.each([
    [
      "by their users",
      lines(5000, (at) => `host all u${at} all trust`),
      { ...bob, user: "u4000" },
      plainly + 1,
    ],
    [
      "by their databases",
      lines(5000, (at) => `host d${at} +g all trust`),
      { ...bob, database: "d4000" },
      plainly + 1,
    ],
    [
      "by their addresses",
      lines(5000, (at) => `host all +g 10.${at >> 8}.${at & 255}.0/24 trust`),
      { ...bob, address: "10.15.160.1" },
      plainly + 1,
    ],
    [
      "by long lists of names",
      lines(
        20,
        (rule) => `host ${lines(1000, (at) => `d${rule}_${at},`).replaceAll("\n", "")}x all all trust`,
      ),
      { ...bob, database: "d18_700" },
      plainly + 1,
    ],
    [
      "for physical replication, those that are meant for it",
      lines(5000, (at) => `host ${at === 4000 ? "replication" : `d${at}`} all all trust`),
      { ...bob, replication: true },
      plainly + 1,
    ],
    [
      "of networks within each other those around the address",
      lines(3300, (at) => `host all +g 10.${at % 100}.0.0/${at % 33} trust`),
      { ...bob, address: "192.0.2.1" },
      plainly + 99,
    ],
    ["of another kind of socket", lines(5000, () => "local all all trust"), bob, plainly],
    ["of another family", lines(5000, (at) => `host all all ::${at.toString(16)}/128 trust`), bob, plainly],
    [
      "wide rules here and there take nothing from narrow ones",
      lines(5000, (at) => (at % 1000 === 999 ? "host all +g all trust" : `host d${at} u${at} all trust`)),
      bob,
      plainly + 5,
    ],
    [
      "of users by regular expressions, by their databases",
      lines(5000, (at) => `host d${at} a,/^b all trust`),
      { ...bob, database: "d4000" },
      plainly + 1,
    ],
    ["if all are wide, all", lines(5000, (at) => `host all +g${at} all trust`), bob, 5000],
  ])("%s", (_, hba, attempt, most) => {
    expect(compared(hba, attempt)).toBeLessThanOrEqual(most);
  });
});

test("what was compiled of other rules is not used", () => {
  const compiled = compilePolicy(policyOf(lines(40, (at) => `host all u${at} all trust`)));
  const other = policyOf(lines(40, () => "host all all all reject"));
  const attempt = { user: "u30", address: "10.0.0.1" };
  expect(decide(compiled, attempt).outcome).toBe("authenticate");
  expect(decide({ ...compiled, rules: other.rules }, attempt).outcome).toBe("reject");
});

test("host names are not asked for before a rule with one is reached", () => {
  const hba = lines(5000, (at) => `host d${at} all ${at === 4000 ? ".example.com" : "10.0.0.0/8"} trust`);
  const compiled = compilePolicy(policyOf(`${hba}host d4000 all all reject\n`));
  const of = (database: string): unknown =>
    decide(compiled, { user: "bob", database, address: "10.0.0.1" }).dependsOn;
  expect(of("d3999")).toEqual([]);
  expect(of("d4001")).toEqual([]);
  expect(of("d4000")).toEqual([{ fact: "hostname", address: "10.0.0.1", name: null }]);
});

test("compiling may be put aside after each rule", () => {
  const steps = compilePolicySteps(policyOf(lines(100, () => "host all all all trust")));
  let count = 0;
  while (steps.next().done !== true) count += 1;
  expect(count).toBeGreaterThanOrEqual(100);
});
