import { decide, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { array, assert, constantFrom, nat, property, record } from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { compareOutcomes } from "../src/diff/kind.ts";
import { diff, differenceJson } from "../src/index.ts";
import type { Change, KnownWorld } from "../src/index.ts";
import { notDecided } from "../src/space/not-decided.ts";
import { contains } from "../src/space/point.ts";
import { sideOf } from "../src/space/side.ts";
import {
  allKnown,
  everyPoint,
  factsOf,
  naively,
  nothingKnown,
  policyOf,
  runs,
  smallCatalogue,
  smallRule,
  smallRules,
} from "./universe.ts";

function changes(old: string, now: string, known: KnownWorld = nothingKnown): readonly Change[] {
  return diff(policyOf(old), policyOf(now), known).changes;
}

function shortly(list: readonly Change[]): string[] {
  return list.map(({ kind, words }) => `${kind}: ${utf8Text(words)}`);
}

describe("what changes for whom", () => {
  test.each<[string, string, string, string[]]>([
    [
      "nothing, if only places and comments change",
      "local all all peer\nhost all bob 10.0.0.9/8 md5\n",
      "# more\n\nlocal all all peer\nhost all bob 10.0.0.0 255.0.0.0 md5\n",
      [],
    ],
    [
      "nothing, if rules that exclude each other change their places",
      "host a all all md5\nhost b all all trust\n",
      "host b all all trust\nhost a all all md5\n",
      [],
    ],
    [
      "nothing, if a rule goes that never decided",
      "host all all all md5\nhost all bob all trust\n",
      "host all all all md5\n",
      [],
    ],
    [
      "who is let in anew",
      "local all all peer\n",
      "local all all peer\nhostssl billing all 10.20.0.0/16 scram-sha-256\n",
      [
        "widening: everybody, to billing, from 10.20.0.0/16 over TLS: now scram-sha-256 by hba:2, before refused, as no line fits",
      ],
    ],
    [
      "but for whom an earlier rule decides",
      "host billing app 10.0.0.0/8 reject\nhost billing all 10.20.0.0/16 scram-sha-256\n",
      "host billing app 10.0.0.0/8 reject\nhost billing all 10.20.0.0/16 trust\n",
      [
        "widening: everybody but app, to billing, from 10.20.0.0/16 by TCP: now trust by hba:2, before scram-sha-256 by hba:2",
      ],
    ],
    [
      "who is rejected",
      "host all all all md5\n",
      "host all bob,eve all reject\nhost all all all md5\n",
      ["narrowing: bob and eve, to any database, by TCP: now rejected by hba:1, before md5 by hba:1"],
    ],
    [
      "that a condition falls away",
      "hostssl all all all md5 clientcert=verify-full\n",
      "hostssl all all all md5 clientcert=verify-ca\n",
      [
        "widening: everybody, to any database, over TLS: now md5 clientcert=verify-ca by hba:1, before md5 clientcert=verify-full by hba:1",
      ],
    ],
    [
      "that a method is another one",
      "host all all all md5\n",
      "host all all all scram-sha-256\n",
      ["changed: everybody, to any database, by TCP: now scram-sha-256 by hba:1, before md5 by hba:1"],
    ],
    [
      "how somebody is refused",
      "host all all all reject\n",
      "local all all reject\n",
      [
        "changed: everybody, to any database, through a Unix-domain socket: now rejected by hba:1, before refused, as no line fits",
        "changed: everybody, to any database, by TCP: now refused, as no line fits, before rejected by hba:1",
      ],
    ],
    [
      "nothing for a default that is written out",
      "host all all all pam\n",
      "host all all all pam pamservice=postgresql\n",
      [],
    ],
  ])("%s", (_, old, now, expected) => {
    expect(shortly(changes(old, now))).toEqual(expected);
  });
});

test("an address in place of a host name that is written as its bytes", () => {
  const [old, now] = ["host all all host reject\n", "host all all 104.111.115.116 104.111.115.116 reject\n"];
  expect(changes(old, now).map(({ kind }) => kind)).toEqual(["changed", "changed"]);
});

describe("which system users are which roles", () => {
  const hba = "local all all peer map=os\nlocal replication app peer map=os\n";

  function mapChanges(old: string, now: string, rules = hba): string[] {
    return shortly(diff(policyOf(rules, old), policyOf(rules, now), nothingKnown).changes);
  }

  test.each<[string, string, string, string[]]>([
    ["nothing, if lines only change places", "os a b\nos c d\n", "os c d\nos a b\n", []],
    [
      "somebody may be somebody",
      "os a b\n",
      "os a b\nos carol postgres\n",
      ["widening: map os: the system user carol can now be postgres (ident:2), by hba:1"],
    ],
    [
      "somebody may not any more",
      "os a b\nos carol postgres\n",
      "os a b\n",
      ["narrowing: map os: the system user carol can no longer be postgres (ident:2), by hba:1"],
    ],
    ["nothing, if another line grants it", "os carol postgres\nos /^c postgres\n", "os /^c postgres\n", []],
    [
      "all that match an expression",
      "os x y\n",
      "os x y\nos /^c postgres\n",
      [
        "widening: map os: the system user c (and others, by /^c postgres) can now be postgres (ident:2), by hba:1",
      ],
    ],
    [
      "a role that is made of the name",
      "os x y\n",
      String.raw`os /^(.*)@corp$ \1` + "\nos x y\n",
      [
        String.raw`widening: map os: the system user somebody@corp (and others, by /^(.*)@corp$ \1) can now be somebody (ident:1), by hba:1`,
      ],
    ],
    [
      "system users with names that no role could have",
      "os x y\n",
      `os x y\nos "/^CN=a{200},O=Example$" postgres\n`,
      [
        `widening: map os: the system user "CN=${"a".repeat(200)},O=Example" (and others, by /^CN=a{200},O=Example$ postgres) can now be postgres (ident:2), by hba:1`,
      ],
    ],
    [
      "a role that is made of a part of such a name",
      "os x y\n",
      String.raw`os "/^CN=([^,]*),OU=${"o".repeat(70)}$" \1` + "\nos x y\n",
      [
        String.raw`widening: map os: the system user "CN=somebody,OU=${"o".repeat(70)}" (and others, by /^CN=([^,]*),OU=${"o".repeat(70)}$ \1) can now be somebody (ident:1), by hba:1`,
      ],
    ],
    ["nothing of other maps", "os a b\nother c d\n", "os a b\n", []],
  ])("%s", (_, old, now, expected) => {
    expect(mapChanges(old, now)).toEqual(expected);
  });

  test("only roles that the rule is about count", () => {
    const rules = "local all bob peer map=os\n";
    expect(mapChanges("", "os carol postgres\n", rules)).toEqual([]);
    expect(mapChanges("", "os carol all\n", rules)).toEqual([
      "widening: map os: the system user carol (and others, by carol all) can now be bob (ident:1), by hba:1",
    ]);
  });

  test("a line that changes its place may end the search for somebody, whatever the first rule is about", () => {
    const rules = "local a alice peer map=os\nlocal b bob peer map=os\n";
    const [ends, grants] = [String.raw`os /^(a)?x$ \1`, "os /^.*x$ bob"];
    expect(mapChanges(`${grants}\n${ends}\n`, `${ends}\n${grants}\n`, rules)).toEqual([
      "narrowing: map os: the system user x (and others, by /^.*x$ bob) can no longer be bob (ident:1), by hba:2",
    ]);
    expect(mapChanges(`${ends}\n${grants}\n`, `${grants}\n${ends}\n`, rules)).toEqual([
      "widening: map os: the system user x (and others, by /^.*x$ bob) can now be bob (ident:1), by hba:2",
    ]);
  });

  test("a password more, and another map for the certificate: somebody gains", () => {
    const [old, now] = [
      "hostssl all all all cert map=os\n",
      "hostssl all all all md5 clientcert=verify-full\n",
    ];
    const found = diff(policyOf(old, "os carol postgres\n"), policyOf(now), nothingKnown).changes;
    expect(shortly(found).slice(1)).toEqual([
      "widening: without a map: the system user somebody (and others whose names are equal) can now be somebody, by hba:1",
      "narrowing: map os: the system user carol can no longer be postgres (ident:1), by hba:1",
    ]);
  });

  test("a realm that is cut off: whoever has the name in any realm gains, and the reverse", () => {
    const [kept, cut] = ["host all all all gss\n", "host all all all gss include_realm=0\n"];
    const found = (old: string, now: string, ident = ""): string[] =>
      shortly(diff(policyOf(old, ident), policyOf(now, ident), nothingKnown).changes).slice(1);
    const others = "the system user somebody@EXAMPLE.COM (and others whose names are equal)";
    expect(found(kept, cut)).toEqual([`widening: without a map: ${others} can now be somebody, by hba:1`]);
    expect(found(cut, kept)).toEqual([
      `narrowing: without a map: ${others} can no longer be somebody, by hba:1`,
    ]);
    const ofMap = (text: string): string => text.replaceAll("gss", "gss map=os");
    expect(found(ofMap(cut), ofMap(kept), "os carol@CORP postgres\n")).toEqual([
      "widening: map os: the system user carol@CORP can now be postgres (ident:1), by hba:1",
    ]);
  });

  test("a map in place of equal names", () => {
    const [old, now] = ["local all all peer\n", "local all all peer map=os\n"];
    const found = diff(policyOf(old), policyOf(now, "os carol postgres\nos bob bob\n"), nothingKnown).changes;
    expect(shortly(found)).toEqual([
      "widening: map os: the system user carol can now be postgres (ident:1), by hba:1",
      "narrowing: without a map: the system user somebody (and others whose names are equal) can no longer be somebody, by hba:1",
    ]);
  });

  test("the witness is refused on one side", () => {
    const [change] = diff(policyOf(hba, ""), policyOf(hba, "os carol postgres\n"), nothingKnown).changes;
    expect(change?.witness.attempt).toMatchObject({ user: "postgres", systemUser: "carol", address: null });
    expect([change?.old.outcome, change?.new.outcome]).toEqual(["refused", "authenticate"]);
  });
});

test("one file under two versions: regular expressions are names before 16", () => {
  const hba = "host all /^a 10.0.0.0/8 md5\nhost all all 10.0.0.0/8 reject\n";
  expect(shortly(diff(policyOf(hba, "", "15"), policyOf(hba, "", "16"), nothingKnown).changes)).toEqual([
    'widening: everybody but "/^a" matching /^a, to any database, from 10.0.0.0/8 by TCP: now md5 by hba:1, before rejected by hba:2',
    'narrowing: "/^a" not matching /^a, to any database, from 10.0.0.0/8 by TCP: now rejected by hba:2, before md5 by hba:1',
  ]);
});

test("what many masks with holes leave of an address is not worked out: nobody could read it", () => {
  const rules = Array.from({ length: 24 }, (_, at) => {
    const bits = new Set([at * 7, at * 11 + 3, at * 13 + 5].map((bit) => bit % 32));
    const bytes = [0, 8, 16, 24].map((first) => {
      const own = Array.from({ length: 8 }, (_, bit) => (bits.has(first + bit) ? 1 << bit : 0));
      return own.reduce((sum, bit) => sum + bit, 0);
    });
    return `host all all ${bytes.join(".")} ${bytes.join(".")} reject\n`;
  });
  const old = `${rules.join("")}host all all 0.0.0.0/0 md5\n`;
  const [change, ...more] = changes(old, old.replace("md5", "trust"));
  expect([change?.region.exact, change?.old.rule?.method, change?.new.rule?.method]).toEqual([
    false,
    "md5",
    "trust",
  ]);
  expect(more).toEqual([]);
});

test("what is not found out is told", () => {
  const hba = "host all /(?=x)(?!x) all md5\n";
  const { changes, undecided } = diff(policyOf(hba), policyOf(hba.replace("md5", "trust")), nothingKnown);
  expect(changes).toEqual([]);
  expect(undecided.map(({ old, new: now }) => [old?.method, now?.method])).toEqual([["md5", "trust"]]);
});

test("as JSON", () => {
  const [old, now] = [
    policyOf("local all all peer\n"),
    policyOf("local all all peer\nhost all +a 10.0.0.0/8 trust\n"),
  ];
  const json = differenceJson(diff(old, now, nothingKnown), { old, new: now }, new Date(0));
  expect({ ...json, changes: [...json.changes], undecided: [...json.undecided] }).toMatchObject({
    changes: [
      {
        kind: "widening",
        region: {
          exact: true,
          boxes: [
            {
              transports: ["plain", "ssl", "gss"],
              replication: false,
              users: { except: [] },
              databases: { except: [] },
              addresses: { only: ["10.0.0.0/8"], except: [], more: false },
              conditions: [{ condition: "member", of: "a", holds: true }],
            },
          ],
        },
        witness: {
          user: "somebody",
          database: "somedb",
          address: "10.0.2.1",
          ssl: false,
          gssenc: false,
          replication: false,
        },
        old: { outcome: "no_entry", rule: null },
        new: { outcome: "authenticate", rule: { line_number: 2 } },
        depends_on: [{ fact: "membership", of: "a", settle: "--roles FILE|CONNINFO" }],
      },
    ],
    summary: { widening: 1, narrowing: 0, changed: 0, undecided: 0 },
  });
});

/** A file and an edit of it: lines taken away, put in, moved. */
const edited: Arbitrary<{ readonly old: readonly string[]; readonly now: readonly string[] }> = record({
  old: smallRules(6),
  edits: array(
    record({ kind: constantFrom("remove", "insert", "move"), at: nat(6), to: nat(6), line: smallRule }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
}).map(({ old, edits }) => {
  const now = [...old];
  for (const { kind, at, to, line } of edits) {
    const taken = kind === "insert" ? [line] : now.splice(at, 1);
    if (kind !== "remove") now.splice(to, 0, ...taken);
  }
  return { old, now: now.length > 0 ? now : ["local ab ab reject"] };
});

describe("of random files and edits", () => {
  const worlds = [allKnown, nothingKnown].map((known) => ({ known, points: everyPoint(known) }));

  test("every connection about which something else is decided is in one change, and no other", () => {
    assert(
      property(edited, constantFrom(...worlds), ({ old, now }, { known, points }) => {
        const [before, after] = [policyOf(old.join("\n")), policyOf(now.join("\n"))];
        const { changes, undecided, space } = diff(before, after, known);
        const sides = { old: sideOf(before, space), new: sideOf(after, space) };
        const wrong = points.filter((point) => {
          const a = naively(before, point, space);
          const b = naively(after, point, space);
          if (a === notDecided || b === notDecided) return false;
          const rules = { old: sides.old.ruleAt(a) ?? null, new: sides.new.ruleAt(b) ?? null };
          const { kind } = compareOutcomes(sides.old.outcomeAt(a), sides.new.outcomeAt(b));
          const same = (one: Change["rules"]): boolean => one.old === rules.old && one.new === rules.new;
          const mine = changes.filter(({ rules }) => same(rules));
          const isThere = mine.length === (kind === null ? 0 : 1) || (kind !== null && undecided.some(same));
          const isRight = mine.every((one) => one.kind === kind);
          const isInside = changes.every(({ region, rules }) => {
            const inside = region.boxes.filter((box) => contains(box, point, space)).length;
            return !region.exact || inside === (same(rules) ? 1 : 0);
          });
          return !(isThere && isRight && isInside);
        });
        expect(wrong).toEqual([]);
      }),
      runs(7),
    );
  });

  test("witnesses are decided by both rules", () => {
    assert(
      property(edited, constantFrom(...worlds), ({ old, now }, { known }) => {
        const [before, after] = [policyOf(old.join("\n")), policyOf(now.join("\n"))];
        for (const change of diff(before, after, known).changes) {
          check(change.old, change.rules.old, before, change, known);
          check(change.new, change.rules.new, after, change, known);
        }
      }),
      runs(30),
    );
  });

  function check(
    decision: Change["old"],
    rule: Change["rules"]["old"],
    policy: Policy,
    change: Change,
    known: KnownWorld,
  ): void {
    expect(decision.rule).toBe(rule);
    expect(decision.outcome).not.toBe("unknown");
    const { attempt } = change.witness;
    const facts = factsOf(change.witness, known);
    const isSettled = change.dependsOn.every(({ fact }) => fact === "hostname");
    expect(decide(policy, attempt, facts).rule === rule || !isSettled).toBe(true);
  }
});

test("with a role catalogue groups are names", () => {
  const known = { catalogue: smallCatalogue, interfaces: null };
  expect(
    shortly(changes("local all all peer\n", "local all all peer\nhost all +b 10.0.0.0/8 trust\n", known)),
  ).toEqual([
    "widening: a, b, ab and g, to any database, from 10.0.0.0/8 by TCP: now trust by hba:2, before refused, as no line fits",
  ]);
});
