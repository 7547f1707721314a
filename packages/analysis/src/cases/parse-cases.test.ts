import { describe, expect, test } from "vitest";
import { diagnostic, utf8Bytes } from "@sallyport/policy";
import { parseCases } from "./parse-cases.ts";
import type { Case } from "./case.ts";

function read(text: string): Case {
  const { cases, problems } = parseCases("cases.txt", utf8Bytes(text));
  expect(problems).toEqual([]);
  const [only, ...more] = cases;
  expect(more).toEqual([]);
  if (!only) throw new Error("no case");
  return only;
}

const plain = { ssl: false, gssenc: false, replication: false } as const;

describe("the left side of a case is an attempt", () => {
  const accepted: readonly (readonly [string, object])[] = [
    ["user=app local", { user: "app", address: null, ...plain }],
    [
      "user=app database=shop address=10.20.3.4 ssl",
      { user: "app", database: "shop", address: "10.20.3.4", ...plain, ssl: true },
    ],
    ["address=::1 gssenc user=app", { user: "app", address: "::1", ...plain, gssenc: true }],
    ["user=app address=fe80::1%eth0", { user: "app", address: "fe80::1%eth0", ...plain }],
    ["user=rep local replication", { user: "rep", address: null, ...plain, replication: true }],
    [
      "user=rep local replication=database",
      { user: "rep", address: null, ...plain, replication: "database" },
    ],
    ["user=app local system_user=www", { user: "app", address: null, ...plain, systemUser: "www" }],
    ['user="two words" local', { user: "two words", address: null, ...plain }],
    ['user=a"""b"c local', { user: 'a"bc', address: null, ...plain }],
    ['user="#=>" local', { user: "#=>", address: null, ...plain }],
    ["user=a=b local", { user: "a=b", address: null, ...plain }],
    ["user=a,b local", { user: "a,b", address: null, ...plain }],
    ["user=j\u00fcrgen local", { user: "j\u00c3\u00bcrgen", address: null, ...plain }],
  ];
  test.each(accepted)("%s", (words, attempt) => {
    expect(read(`${words} => trust`).attempt).toEqual(attempt);
  });

  test("with what is known of the client's host name", () => {
    const from = "user=app address=10.0.0.1";
    expect(read(`${from} => trust`).hostname).toBeUndefined();
    expect(read(`${from} hostname=db.example.com => trust`).hostname).toEqual({
      name: "db.example.com",
      forward: { addresses: ["\n\0\0\u0001"] },
    });
    expect(read(`${from} hostname="" => trust`).hostname).toMatchObject({ name: null });
  });
});

describe("the right side is what must become of it", () => {
  const nothing = { method: null, options: [], by: null };
  const accepted: readonly (readonly [string, object])[] = [
    ["scram-sha-256", { ...nothing, outcome: "authenticate", method: "scram-sha-256" }],
    ["authenticate", { ...nothing, outcome: "authenticate" }],
    ["reject", { ...nothing, outcome: "reject" }],
    ["no_entry", { ...nothing, outcome: "no_entry" }],
    ["refused", { ...nothing, outcome: "refused" }],
    ["unknown", { ...nothing, outcome: "unknown" }],
    [
      "peer map=os by pg_hba.conf:12",
      {
        outcome: "authenticate",
        method: "peer",
        options: [{ name: "map", value: "os" }],
        by: { file: "pg_hba.conf", line: 12 },
      },
    ],
    [
      'reject clientcert= by "conf.d/my rules.conf:3"',
      {
        outcome: "reject",
        method: null,
        options: [{ name: "clientcert", value: "" }],
        by: { file: "conf.d/my rules.conf", line: 3 },
      },
    ],
  ];
  test.each(accepted)("%s", (words, expectation) => {
    expect(read(`user=app local => ${words}`).expect).toEqual(expectation);
  });
});

test("comments, blank lines, blanks and line ends of Windows mean nothing", () => {
  const { cases, problems } = parseCases(
    "cases.txt",
    "\u00ef\u00bb\u00bf# comment\r\n\r\n \t user=app  local\t=>  trust # why\r\nuser=b local => peer",
  );
  expect(problems).toEqual([]);
  expect(cases.map(({ place, attempt }) => [place.lineNumber, place.column, attempt.user])).toEqual([
    [3, 4, "app"],
    [4, 1, "b"],
  ]);
});

test("a line that begins with { is JSON", () => {
  const attempt = { user: "j\u00fcrgen", database: "a\nb", address: "10.0.0.1", ssl: true, hostname: null };
  const by = { file_name: "pg_hba.conf", line_number: 3 };
  const expected = { outcome: "authenticate", method: "cert", options: { clientname: "DN" }, by };
  const one = read(`  ${JSON.stringify({ attempt, expect: expected })}`);
  expect(one.attempt).toMatchObject({ user: "j\u00c3\u00bcrgen", database: "a\nb", ssl: true });
  expect(one.hostname).toMatchObject({ name: null });
  expect(one.expect).toEqual({
    outcome: "authenticate",
    method: "cert",
    options: [{ name: "clientname", value: "DN" }],
    by: { file: "pg_hba.conf", line: 3 },
  });
  const short = read('{"attempt": {"user": "app"}, "expect": {"method": "peer"}}');
  expect(short.expect).toMatchObject({ outcome: "authenticate", method: "peer" });
});

describe("a mistake is shown where it is", () => {
  const refused: readonly (readonly [string, string, string])[] = [
    [
      "user=app database=shop => trust",
      "user=app database=shop",
      "it is not said where the client comes from",
    ],
    ["local => trust", "local", "no user is given"],
    ["=> trust", "=>", "no user is given"],
    ["usr=app local => trust", "usr=app", '"usr=app" says nothing about an attempt'],
    ["user local => trust", "user", '"user" needs a value'],
    ["user= local => trust", "user=", '"user" is empty'],
    ["user=a user=b local => trust", "user=b", '"user" is given twice'],
    ["user=a local=1 => trust", "local=1", '"local" stands alone'],
    ["user=a address=10.0.0.256 => trust", "address=10.0.0.256", '"10.0.0.256" is no IP address'],
    ["user=a local address=::1 => trust", "address=::1", '"local" and "address" exclude each other'],
    ["user=a ssl local => trust", "local", '"local" and "ssl" exclude each other'],
    ["user=a address=::1 ssl gssenc => trust", "gssenc", '"ssl" and "gssenc" exclude each other'],
    ["user=a local hostname=x => trust", "hostname=x", '"local" and "hostname" exclude each other'],
    ["user=a local replication=on => trust", "replication=on", 'there is no replication "on"'],
    ['user="a local => trust', '"a local => trust', "this quote is not closed"],
    ["user=a local", "", 'a "=>" is missing'],
    ["user=a local=>trust", "", 'a "=>" is missing'],
    ["user=a local =>", "=>", "it is not said what is expected"],
    ["user=a local => trsut", "trsut", '"trsut" is no outcome'],
    ["user=a local => trust peer", "peer", '"peer" is not expected here'],
    ["user=a local => trust mpa=x", "mpa=x", '"mpa" is no option that can be asked for'],
    ["user=a local => peer map=x map=y", "map=y", '"map" is given twice'],
    ["user=a local => ldap ldapbindpasswd=x", "ldapbindpasswd=x", '"ldapbindpasswd" is a secret'],
    ["user=a local => trust by", "by", "it is not said by which line"],
    ["user=a local => trust by pg_hba.conf", "pg_hba.conf", '"pg_hba.conf" is no line of a file'],
    ["user=a local => trust by pg_hba.conf:0", "pg_hba.conf:0", '"pg_hba.conf:0" is no line of a file'],
    ["user=a local => peer by a:1 map=x", "map=x", '"map=x" stands behind the line'],
    ["user=a local => no_entry by a:1", "by", 'with "no_entry" none decides'],
    ["user=a local => unknown map=x", "map=x", 'with "unknown" none decides'],
  ];
  test.each(refused)("%s", (line, marked, message) => {
    const { cases, problems } = parseCases("cases.txt", `\n${line}\n`);
    expect([cases.length, problems.length]).toEqual([0, 1]);
    const [problem] = problems;
    if (!problem) throw new Error("no problem");
    const { span } = problem;
    expect(line.slice(span?.start, span?.end)).toBe(marked);
    const shown = diagnostic(problem);
    expect(shown.message).toContain(message);
    expect(shown.place).toMatchObject({ fileName: "cases.txt", lineNumber: 2 });
  });

  const json: readonly (readonly [string, string])[] = [
    ["{", "no JSON: "],
    ['{"attempt": {"user": "a"}}', '"expect": an object is expected'],
    ['{"expect": {"outcome": "reject"}}', '"attempt": an object is expected'],
    ['{"attempt": {"user": "a"}, "expects": {}}', 'unknown key "expects"'],
    ['{"attempt": {"usr": "a"}, "expect": {}}', '"attempt": unknown key "usr"'],
    ['{"attempt": {"user": "a"}, "expect": {}}', '"outcome" is missing'],
    ['{"attempt": {"user": "a"}, "expect": {"outcome": "yes"}}', '"outcome" must be'],
    ['{"attempt": {"user": "a"}, "expect": {"method": "reject"}}', '"method" must be'],
    ['{"attempt": {"user": "a"}, "expect": {"outcome": "reject", "method": "peer"}}', "not with reject"],
    [
      '{"attempt": {"user": "a"}, "expect": {"method": "peer", "options": {"mpa": ""}}}',
      '"mpa" is no option',
    ],
    ['{"attempt": {"user": "a"}, "expect": {"method": "peer", "options": {"map": 1}}}', "must be a string"],
    [
      '{"attempt": {"user": "a"}, "expect": {"method": "peer", "by": {"file_name": ""}}}',
      '"file_name" must be',
    ],
    [
      '{"attempt": {"user": "a"}, "expect": {"method": "peer", "by": {"file_name": "a", "line_number": 0}}}',
      '"line_number" must be',
    ],
    [
      '{"attempt": {"user": "a"}, "expect": {"outcome": "no_entry", "by": {"file_name": "a", "line_number": 1}}}',
      "no line decides",
    ],
  ];
  test.each(json)("%s", (line, message) => {
    const { cases, problems } = parseCases("cases.txt", line);
    expect(cases).toEqual([]);
    expect(problems.map(({ text }) => text)).toEqual([expect.stringContaining(message)]);
  });

  test("and the other lines are read all the same", () => {
    const { cases, problems } = parseCases(
      "c",
      "user=a local => x\nuser=a local => trust\nuser=b => trust\n",
    );
    expect([cases.length, problems.length]).toEqual([1, 2]);
  });
});
