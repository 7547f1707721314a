import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Asker } from "../disk.ts";
import { serverProfile } from "../profile.ts";
import { utf8Bytes } from "../bytes.ts";
import { hbaFileRules } from "../views.ts";
import { readHbaFile } from "./file.ts";
import type { HbaFile } from "./file.ts";
import { finish } from "../steps.ts";

/** Lines and what a PostgreSQL 18.6 with GSSAPI, LDAP and PAM showed of them in pg_hba_file_rules. */
interface Recorded {
  readonly line: string;
  readonly row?: readonly unknown[];
  readonly error?: string;
  readonly silent?: true;
}

const recorded = readFileSync(new URL("../../fixtures/pg_hba-18.6.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

describe("lines recorded from PostgreSQL 18.6", () => {
  test.each(recorded)("$line", ({ line, row, error }) => {
    const [shown] = view(`${line}\n`);
    expect(shown?.error ?? null).toBe(error === undefined ? null : utf8Bytes(error));
    const { type, database, user_name, address, netmask, auth_method, options } = shown ?? {};
    const columns = [type, database, user_name, address, netmask, auth_method, options];
    expect(columns).toEqual(row ? JSON.parse(JSON.stringify(row), asBytes) : columns.map(() => null));
  });

  test("a line that is only logged has a number, no columns and no error, and keeps the file from loading", () => {
    const file = read("local all all trust clientname=x\nlocal all all trust\n");
    expect(file.loads).toBe(false);
    const silent = read("hostssl all all all cert clientname=x\nlocal all all trust\n");
    expect(silent.loads).toBe(false);
    expect(hbaFileRules(silent).map((row) => [row.rule_number, row.type, row.error])).toEqual([
      [1, null, null],
      [2, "local", null],
    ]);
    expect(silent.problems.map((problem) => problem.text)).toEqual(['invalid value for clientname: "x"']);
  });

  test("where a server crashes, the line is refused", () => {
    for (const url of ["ldap://h/dc=x?,?sub", "ldap://h/dc=x?%00?sub", "ldap://h/dc=x?a%zz?sub"]) {
      const [row] = view(`local all all ldap "ldapurl=${url}"\n`);
      expect(row?.error).toBe(`could not parse LDAP URL "${url}": the list of attributes is empty`);
    }
  });
});

test("a file without entries does not load", () => {
  const file = read("# nothing\n");
  expect(file.loads).toBe(false);
  expect(file.problems.map((problem) => problem.text)).toEqual([
    'configuration file "/hba" contains no entries',
  ]);
});

test("a warning leaves the rule standing, without a number", () => {
  const file = read("hostssl all all all trust\nlocal all all trust\n", { ssl: false });
  expect(file.loads).toBe(true);
  expect(hbaFileRules(file).map((row) => [row.rule_number, row.type, row.error])).toEqual([
    [null, "hostssl", "hostssl record cannot match because SSL is disabled"],
    [1, "local", null],
  ]);
});

function read(text: string, settings: { ssl?: boolean } = {}): HbaFile {
  const profile = serverProfile({ settings });
  if ("error" in profile) throw new Error(profile.error);
  const disk = {
    files: new Map([["/hba", { bytes: utf8Bytes(text) }]]),
    directories: new Map(),
    zones: new Map([["lo", true]]),
    hosts: new RecordedHosts(),
  };
  return finish(readHbaFile("/hba", profile, new Asker(disk)));
}

/** Every name but localhost is one that the recording machine's resolver did not know. */
class RecordedHosts extends Map<string, string | null> {
  override get(name: string): string | null {
    return name === "localhost" ? null : "Name or service not known";
  }
}

function view(text: string): ReturnType<typeof hbaFileRules> {
  return hbaFileRules(read(text));
}

function asBytes(_: string, value: unknown): unknown {
  return typeof value === "string" ? utf8Bytes(value) : value;
}
