import { profileOf } from "@sallyport/testkit";
import type { Bytes } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { minimizeFile } from "../src/index.ts";
import { minimized, nothingIncluded } from "./minimized.ts";
import type { Known } from "./minimized.ts";

/** Lines with one blank where several are. */
function plainly(bytes: Bytes): string[] {
  return bytes
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));
}

/** @param files what it may include, by their names */
function after(lines: readonly string[], files: Readonly<Record<string, Bytes>> = {}): string[] {
  return plainly(minimized(fileOf(lines), including(files)).bytes);
}

function fileOf(lines: readonly string[]): Bytes {
  return `${lines.join("\n")}\n`;
}

function including(files: Readonly<Record<string, Bytes>>): Known {
  const known = Object.entries(files).map(([name, bytes]) => [`/${name}`, { bytes }] as const);
  return { ...nothingIncluded, files: new Map(known) };
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
    const { leftAlone } = minimized(fileOf(lines), including(files));
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

describe("what is not certain", () => {
  const open = [
    String.raw`host db /(.)\1x 10.1.0.0/25 md5`,
    String.raw`host db /(.)\1x 10.1.0.128/25 md5`,
    "host db all 10.1.0.0/24 reject",
  ];

  test("is left out, with the lines that it is about; the rest is made smaller", () => {
    const lines = ["host db app 10.0.0.0/25 md5", "host db app 10.0.0.128/25 md5", ...open];
    const { bytes, steps, leftAlone, unproven } = minimized(fileOf(lines), nothingIncluded, 16);
    expect(plainly(bytes)).toEqual(["host db app 10.0.0.0/24 md5", ...open]);
    expect([steps.length, unproven]).toEqual([1, null]);
    const reason = "it is not certain that nobody would be decided about otherwise";
    expect(leftAlone).toEqual([3, 4].map((lineNumber) => ({ lineNumber, reason })));
  });

  test("may be all: then the file is only laid out, and this is no mistake", () => {
    const { bytes, steps, leftAlone, unproven } = minimized(fileOf(open), nothingIncluded, 16);
    expect([plainly(bytes), steps, unproven]).toEqual([open, [], null]);
    expect(leftAlone.map(({ lineNumber }) => lineNumber)).toEqual([1, 2]);
  });
});

describe("for which versions", () => {
  const lines = ["host all /^a all md5", "host shop abc all md5"];

  test("all that load it, or from one on", () => {
    expect(minimized(fileOf(lines)).steps).toEqual([]);
    const { steps, versions } = minimized(fileOf(lines), nothingIncluded, 16);
    expect([steps.map(({ kind }) => kind), versions]).toEqual([["unreachable"], ["16", "17", "18", "19"]]);
  });

  test("a file that would not load is not rewritten", () => {
    expect(() => minimized("host all all all md6\n")).toThrow('invalid authentication method "md6"');
  });

  test("settings under which roles are of one database are refused", () => {
    const old = profileOf({ version: "16" });
    const profile = { ...old, settings: { ...old.settings, db_user_namespace: true } };
    const disk = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
    const source = { kind: "hba", fileName: "/hba", bytes: "local all all peer\n", profile, disk } as const;
    expect(() => minimizeFile({ ...source, oldest: 10 })).toThrow("db_user_namespace");
  });
});
