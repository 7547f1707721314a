import { array, assert, constant, constantFrom, oneof, property, tuple } from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { compileRules } from "../../decide/compiled/compile-rules.ts";
import { Asker } from "../../disk.ts";
import type { Disk } from "../../disk.ts";
import { wholeFile } from "../../problem.ts";
import type { Problem } from "../../problem.ts";
import { serverProfile } from "../../profile.ts";
import type { ServerProfile } from "../../profile.ts";
import { noRegex, regexReader } from "../../regex/index.ts";
import { finish } from "../../steps.ts";
import { TokenReader } from "../../text/read.ts";
import { HbaEntries } from "../entries.ts";
import { readHbaFile } from "../file.ts";
import type { HbaEntry, HbaFile } from "../file.ts";
import { parseLine } from "../parse.ts";

/** Reads a file, and notes how many lines were taken without being read in full. */
function read(disk: Disk, profile: ServerProfile): { readonly file: HbaFile; readonly plain: number } {
  const taking = vi.spyOn(HbaEntries.prototype, "addPlain");
  const file = finish(readHbaFile("/hba", profile, new Asker(disk)));
  const plain = taking.mock.calls.length;
  taking.mockRestore();
  return { file, plain };
}

/** Reads it with nobody to take plain lines: what `readHbaFile` is without them. */
function readInFull(disk: Disk, profile: ServerProfile): Pick<HbaFile, "entries" | "problems"> {
  const asker = new Asker(disk);
  const readRegex = profile.dialect.namePatterns ? regexReader(profile.dialect) : noRegex;
  const reader = new TokenReader(asker, profile.dialect);
  const entries: HbaEntry[] = [];
  const problems: Problem[] = [];
  let numbered = 0;
  for (const tokenized of reader.read("/hba")) {
    if (!tokenized) continue;
    const { line, fields, error } = tokenized;
    const context = { profile, asker, readRegex };
    const parsed = error === null ? parseLine(line, fields, context) : { rule: null, error, problems: [] };
    const ruleNumber = parsed.error === null ? (numbered += 1) : null;
    const rule = parsed.rule && { ruleNumber, fileName: line.file, lineNumber: line.number, ...parsed.rule };
    entries.push({ line, ruleNumber, rule, error: parsed.error });
    problems.push(...parsed.problems);
  }
  if (entries.length === 0) problems.push(wholeFile('configuration file "/hba" contains no entries'));
  return { entries, problems: [...reader.problems, ...problems] };
}

function profileOf(version: string, ssl = true): ServerProfile {
  const profile = serverProfile({ version, settings: { ssl } });
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

function diskOf(bytes: string, pieces?: readonly string[]): Disk {
  const more = "host all more all trust\nhost all more all trust\n";
  const files = new Map([
    ["/hba", pieces ? { bytes, pieces } : { bytes }],
    ["/names", { bytes: "one, two\nthree\n" }],
    ["/more", { bytes: more }],
  ]);
  return { files, directories: new Map(), zones: new Map([["lo", true]]), hosts: new Map([["r", null]]) };
}

const types = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
/** Texts with bars between them, of which some are odd. */
function texts(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(" | "));
}

const names = texts(
  'all | a | Abc | sameuser | samerole | samegroup | replication | +g | + | alle | \u00e9 | "all" | "a b" | "x,y#"',
  '"" | "+g" | "/a" | "@names" | a"b" | "a""b" | "a"b | "open | @names | @ | @none | a@b | a#b | a\rb | a/b | a\\',
  "/^a | /^r[0-9]+$ | /(a|b)* | /a** | /( | / | /[b-a] | /\\.x | /x{2} | /***=( | /a$b | /\\",
);
const list = oneof(
  {
    weight: 20,
    arbitrary: constantFrom(...texts('all | a | b,c | +g | /^r[0-9]+$ | "a b" | a,replication')),
  },
  { weight: 6, arbitrary: constantFrom(...names) },
  {
    weight: 3,
    arbitrary: array(constantFrom(...names), { minLength: 2, maxLength: 3 }).map((all) => all.join(",")),
  },
  { weight: 1, arbitrary: constantFrom(...texts("a, | ,a | a,,b | a, b | a ,b")) },
);
const usualAddresses = texts("10.0.0.0/8 | 10.1.2.3/32 | 0.0.0.0/0 | 255.255.255.255/31 | all | 10.7.0.0/9");
const oddAddresses = texts(
  "::1/128 | fe80::/10 | ::/0 | samehost | samenet | db.example.com | .example.com | 10.1/16 | 300.1.1.1 | /8",
  "10.0.0.0 255.0.0.0 | 10.0.0.0 255.0.255.0 | ::1 ffff:: | 10.0.0.1 | 10.0.0.0 all | x/8 | 0.0.0.00/8 | 010.0.0.0/8",
  "10.0.0.0/33 | 10.0.0.0/08 | 10.0.0.0/ | 10.0.0/8 | 1.2.3.4.5/8 | 10.0.0.256/8 | fe80::1%lo/64 | fe80::1%lo | fe80::1%no/64",
  '"all" | "10.0.0.0/8" | a,b | @names',
);
const address = oneof(
  { weight: 3, arbitrary: constantFrom(...usualAddresses) },
  { weight: 1, arbitrary: constantFrom(...oddAddresses) },
);
const usualEndings = texts('trust | reject | scram-sha-256 | md5 | trust # why "not"');
const oddEndings = texts(
  'cert | peer | ident map=m | cert clientcert=verify-full | trust clientcert=verify-ca | "trust" | trust @names',
  "trust x | ldap | ldap ldapserver=l | gss | oauth | trust,md5 | ,trust | md5#x | trust \\ | trust  \t | trust\r",
  'pam pamservice="a b" | password\tclientcert=verify-ca | radius radiusservers=r radiussecrets=s',
  "radius radiusservers=q radiussecrets=s",
);
const ending = oneof(
  { weight: 4, arbitrary: constantFrom(...usualEndings) },
  { weight: 1, arbitrary: constantFrom(...oddEndings) },
);
const gap = oneof({ weight: 6, arbitrary: constant(" ") }, constantFrom("\t", "  ", ""));
const record = tuple(gap, constantFrom(...types), gap, list, gap, list, gap, address, gap, ending).map(
  ([start, type, a, databases, b, users, c, from, d, end]) =>
    `${start}${type}${a || " "}${databases}${b || " "}${users}${c || " "}${type === "local" ? "" : from}${d || " "}${end}`,
);
const line: Arbitrary<string> = oneof(
  { weight: 12, arbitrary: record },
  {
    weight: 2,
    arbitrary: constantFrom(
      ...texts(" | # a comment | # a\0b |   | #\\ | include more | host | nothing | \\ | local all"),
    ),
  },
);
/** Most lines come again, so that they end as a line before them. */
const lines = array(line, { minLength: 1, maxLength: 12 }).chain((some) =>
  array(constantFrom(...some), { minLength: 1, maxLength: 60 }).map((again) => some.concat(again)),
);
const lineEnd = oneof({ weight: 6, arbitrary: constant("\n") }, constantFrom("\r\n", "\n\n", "\r\r\n"));
const oddity = oneof({ weight: 20, arbitrary: constant("") }, constant("\0"));
const versions = ["10", "11.22", "13", "15.3", "16", "18", "19"];

/** As text: what is a function in rules is compiled of what is none. */
function shown(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value));
}

describe("lines that are taken as they are come to the same", () => {
  test("as those that are read in full", { timeout: 120_000 }, () => {
    let [taken, all] = [0, 0];
    assert(
      property(lines, lineEnd, oddity, constantFrom(...versions), (some, end, odd, version) => {
        const profile = profileOf(version, version !== "16");
        const disk = diskOf(some.join(end) + odd + end);
        const { file, plain } = read(disk, profile);
        const { entries, problems } = readInFull(disk, profile);
        expect(shown(file.entries)).toEqual(shown(entries));
        expect(shown(file.rules)).toEqual(shown(entries.flatMap(({ rule }) => rule ?? [])));
        expect(shown(file.problems)).toEqual(shown(problems));
        taken += plain;
        all += entries.length;
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(all / 5);
  });

  test("in an index", { timeout: 120_000 }, () => {
    assert(
      property(lines, (some) => {
        const profile = profileOf("18");
        const right = some.filter((one) => !one.includes("\\") && loads(one, profile));
        const { file } = read(diskOf([...right, ...right, "local all all peer"].join("\n")), profile);
        expect(file.loads).toBe(true);
        const again = finish(compileRules([...file.rules]));
        expect({ ...finish(compileRules(file.rules)), rules: [] }).toEqual({ ...again, rules: [] });
      }),
      { numRuns: 1000 },
    );
  });

  test("wherever the file is cut into pieces", () => {
    const text = `${"host a b 10.0.0.0/8 trust\nlocal x \\\ny peer\n# c\n".repeat(20)}nothing\n`;
    const rows = text.split(/(?<=\n)(?=host|#)/);
    const profile = profileOf("18");
    const whole = shown(read(diskOf(text), profile).file.entries);
    expect(whole).toHaveLength(41);
    for (let size = 1; size < 8; size += 1) {
      const pieces: string[] = [];
      for (let at = 0; at < rows.length; at += size) pieces.push(rows.slice(at, at + size).join(""));
      expect(pieces.join("")).toBe(text);
      expect(shown(read(diskOf(text, pieces), profile).file.entries)).toEqual(whole);
    }
  });
});

/** Nothing is wrong with this line, by itself. */
function loads(line: string, profile: ServerProfile): boolean {
  return read(diskOf(line), profile).file.loads;
}

describe("of a line that is like another nothing is kept but its place", () => {
  test.each([
    ["host app bob 10.0.0.0/8 trust"],
    ["host app,postgres bob,+staff 10.0.0.0/8 trust"],
    ['host "App 2" "Bob" 10.0.0.0/8 trust'],
    ["host app /^r[0-9]+$ 10.0.0.0/8 trust"],
    ["hostssl app bob ::1/128 cert map=m  # why"],
    ["host app bob 10.0.0.0 255.0.0.0 trust"],
    ["host app bob .example.com trust\r"],
    ["\tlocal  all all\tpeer"],
  ])("%s", (line) => {
    const { file, plain } = read(diskOf(`${line}\n`.repeat(100)), profileOf("18"));
    expect([file.entries.length, plain]).toEqual([100, 99]);
  });
});
