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

function minimized(
  bytes: Bytes,
  files: Readonly<Record<string, Bytes>> = {},
  version = "18",
  oldest = 10,
): Minimized {
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
    oldest,
  });
  if ("problems" in result) throw new Error(result.problems.map(({ text }) => text).join("\n"));
  if (result.bytes === null) throw new Error(result.difference.what);
  return result;
}

/** Lines with one blank where several are. */
function plainly(bytes: Bytes): string[] {
  return bytes
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));
}

function after(
  lines: readonly string[],
  files: Readonly<Record<string, Bytes>> = {},
  version = "18",
): string[] {
  return plainly(minimized(`${lines.join("\n")}\n`, files, version).bytes);
}

type Example = readonly [what: string, before: readonly string[], after: readonly string[]];

describe("rules that are dropped", () => {
  test.each<Example>([
    [
      "one that never decides",
      ["host all all 10.0.0.0/8 md5", "host all bob 10.1.0.0/16 reject"],
      ["host all all 10.0.0.0/8 md5"],
    ],
    [
      "one whose work a later one does",
      ["host shop bob 10.1.0.0/16 md5", "local all all peer", "host all all 10.0.0.0/8 md5"],
      ["local all all peer", "host all all 10.0.0.0/8 md5"],
    ],
    [
      "one whose work two later ones do",
      [
        "host all bob all md5",
        "hostssl all bob,eve all md5",
        "host all bob all reject",
        "hostnossl all bob all md5",
      ],
      ["host all bob all md5", "hostssl all bob,eve all md5"],
    ],
    [
      "one that matches nobody",
      ["local all all peer", "host all /a^ all md5"],
      ["local all all peer", "host all /a^ all md5"],
    ],
  ])("%s", (_, before, expected) => {
    expect(after(before)).toEqual(expected);
  });
});

describe("rules that are made one", () => {
  test.each<Example>([
    [
      "lists of databases, in their order and each once",
      ["host b,a bob all md5", "host c,a bob all md5", 'host "a b" bob all md5'],
      ['host b,a,c,"a b" bob all md5'],
    ],
    [
      "lists of users",
      ["host all bob all md5", "host all +staff,eve all md5"],
      ["host all bob,+staff,eve all md5"],
    ],
    [
      "all is not replication",
      ["local a,all bob peer", "local replication bob peer"],
      ["local all,replication bob peer"],
    ],
    [
      "networks that are the halves of another",
      [1, 0, 3, 2].map((third) => `host all all 10.0.${third}.0/24 md5`),
      ["host all all 10.0.0.0/22 md5"],
    ],
    [
      "with a mask",
      ["host all all 10.0.0.0 255.0.0.0 md5", "host all all 11.0.0.0/8 md5"],
      ["host all all 10.0.0.0/7 md5"],
    ],
    ["both families", ["host all all 0.0.0.0/0 md5", "host all all ::/0 md5"], ["host all all all md5"]],
    [
      "with and without TLS",
      ["hostssl all all all md5", "hostnossl all all all md5"],
      ["host all all all md5"],
    ],
    [
      "column after column",
      [
        "hostssl a x all md5",
        "hostnossl a x all md5",
        "hostssl b x all md5",
        "hostnossl b x all md5",
        "host a,b y all md5",
      ],
      ["host a,b x,y all md5"],
    ],
    [
      "past others that match nobody of them, or lead to the same",
      ["host a x all md5", "host a y all reject", "host c +staff all md5", "host b x all md5"],
      ["host a,b x all md5", "host a y all reject", "host c +staff all md5"],
    ],
    [
      "the first one goes down where the other cannot come up",
      ["host a x all md5", "host b all all reject", "host b,c x all md5"],
      ["host b all all reject", "host a,b,c x all md5"],
    ],
  ])("%s", (_, before, expected) => {
    expect(after(before)).toEqual(expected);
  });
});

describe("rules that stay", () => {
  test.each<readonly [what: string, lines: readonly string[]]>([
    [
      "one between them takes something of both",
      ["host a x all md5", "host a,b all 10.0.0.0/8 reject", "host b x all md5"],
    ],
    [
      "who is in a group is not known",
      ["host a bob all md5", "host a,b +staff all reject", "host b bob all md5"],
    ],
    [
      "other methods, options or maps",
      ["local all a peer map=m", "local all b peer map=n", "local all c peer"],
    ],
    ["what would be refused in other words", ["host all bob all md5", "host all all all reject"]],
    [
      "a host name that nothing else has looked up: refusals tell of it",
      ["host all all all md5", "host all all .example.com md5"],
    ],
    [
      "a name would be looked up before a decision that has not waited for it",
      ["host a bob all md5", "host c bob .example.com reject", "host all bob all md5"],
    ],
    ["an expression is a name up to PostgreSQL 15", ["host all /^a all md5", "host shop abc all md5"]],
    [
      "a comment is about it for Sallyport",
      [
        "host a x all md5",
        "host b x all md5 # sallyport: ignore md5-remote -- an old printer",
        "host c y all md5",
        "# sallyport: ignore md5-remote -- another one",
        "host d y all md5",
      ],
    ],
  ])("%s", (_, lines) => {
    expect(after(lines)).toEqual(lines);
  });
});

describe("what stands around rules", () => {
  test("comments stay, with their rule or in its place; of blank lines about nothing one is left", () => {
    const before = [
      "# who",
      "host a x all md5 # one",
      "",
      "host b x all md5 # two",
      "",
      "# never",
      "host a x 10.0.0.0/8 reject # dead",
      "            # since May",
      "host y y all md5",
      "host z y all md5 # three",
    ];
    expect(after(before)).toEqual([
      "# who",
      "host a,b x all md5 # one # two",
      "",
      "# never",
      "# dead",
      "# since May",
      "host y,z y all md5 # three",
    ]);
  });

  test("comments that are long together stand above the rule", () => {
    const [one, two] = ["one", "two"].map((word) => `# ${word} ${"and so on ".repeat(6)}end`);
    expect(after([`host a x all md5 ${one}`, `host b x all md5 ${two}`])).toEqual([
      one,
      two,
      "host a,b x all md5",
    ]);
  });

  test("lines end as they did", () => {
    expect(minimized("local a x peer\r\nlocal a x trust\r\nlocal b x peer").bytes).toMatch(
      /^local +a,b +x +peer\r\n$/,
    );
  });
});

describe("what stands in other files", () => {
  test("counts, stays, and no rule is moved past it or dropped because of it", () => {
    const lines = ["host a x all md5", "include more", "host b x all md5", "host c y all md5"];
    const files = { more: "host c y all md5\nhost all q all reject\n" };
    expect(after(lines, files)).toEqual(lines);
    const { leftAlone } = minimized(`${lines.join("\n")}\n`, files);
    const reason = "no rule is moved past it, and what it includes is not touched";
    expect(leftAlone).toEqual([{ lineNumber: 2, reason }]);
  });

  test("rules on one side of it are made one", () => {
    const files = { more: "host c x all reject\n" };
    expect(after(["include more", "host b x all md5", "host a x all md5"], files)).toEqual([
      "include more",
      "host b,a x all md5",
    ]);
  });

  test("names in an @file may be others tomorrow", () => {
    const lines = ["host all @names all md5", "host all bob all md5", "host all @names all md5"];
    expect(after(lines, { names: "bob\n" })).toEqual(lines);
  });
});

describe("for which versions", () => {
  const lines = ["host all /^a all md5", "host shop abc all md5"];

  test("all that load it, or from one on", () => {
    expect(minimized(`${lines.join("\n")}\n`).steps).toEqual([]);
    const { steps, versions } = minimized(`${lines.join("\n")}\n`, {}, "18", 16);
    expect([steps.map(({ kind }) => kind), versions]).toEqual([["unreachable"], ["16", "17", "18", "19"]]);
  });

  test("a file that would not load is not rewritten", () => {
    expect(() => minimized("host all all all md6\n")).toThrow('invalid authentication method "md6"');
  });

  test("settings under which roles are of one database are refused", () => {
    const { settings } = profileOf("16");
    const profile = { ...profileOf("16"), settings: { ...settings, db_user_namespace: true } };
    const disk = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
    const source = { kind: "hba", fileName: "/hba", bytes: "local all all peer\n", profile, disk } as const;
    expect(() => minimizeFile({ ...source, oldest: 10 })).toThrow("db_user_namespace");
  });
});
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
