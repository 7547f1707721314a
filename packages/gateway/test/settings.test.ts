import { startPostgres } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { parseValue } from "../src/config/parse-value.ts";
import type { AnySetting } from "../src/config/setting.ts";
import { settingsTable } from "../src/config/settings-table.ts";

/**
 * What differs on purpose. A server finds the three files and directories itself; here they have defaults. Where the
 * keytab is the build of a server says; here it is where Debian's looks for it.
 */
const ownDefaults: ReadonlySet<string> = new Set(
  "port hba_file ident_file data_directory krb_server_keyfile".split(" "),
);

interface Row {
  readonly name: string;
  readonly vartype: string;
  readonly unit: string | null;
  readonly min_val: string | null;
  readonly max_val: string | null;
  readonly enumvals: readonly string[] | null;
  readonly boot_val: string | null;
  readonly context: string;
}

const rowOf = (name: string, setting: AnySetting): Row => ({
  name,
  vartype: setting.type === "list" ? "string" : setting.type,
  unit: setting.type === "integer" ? (setting.unit ?? null) : null,
  min_val: setting.type === "integer" ? String(setting.min) : null,
  max_val: setting.type === "integer" ? String(setting.max) : null,
  enumvals: setting.type === "enum" ? setting.values : null,
  boot_val: setting.type === "integer" ? integer(name, setting) : setting.default,
  context: setting.context,
});

/** In the unit of its row. */
function integer(name: string, setting: AnySetting): string {
  const parsed = parseValue(name, setting, setting.default ?? "");
  return "value" in parsed ? String(parsed.value) : parsed.message;
}

test("a setting of PostgreSQL has its type, unit, range, values and default, and counts when it does there", async () => {
  await using server = await startPostgres();
  const sql = `select json_agg(json_build_object('name', name, 'vartype', vartype, 'unit', unit, 'min_val', min_val,
    'max_val', max_val, 'enumvals', enumvals, 'context', context,
    'boot_val', case when vartype = 'string' then coalesce(boot_val, '') else boot_val end)) from pg_settings`;
  const rows = JSON.parse((await server.psql(["-c", sql])).stdout) as readonly Row[];
  const theirs = new Map(rows.map((row) => [row.name, row]));

  const settings = [...settingsTable].filter(([, { whose }]) => whose === "postgresql");
  expect(settings.length).toBeGreaterThan(40);
  for (const [name, setting] of settings) {
    const ours = rowOf(name, setting);
    const row = theirs.get(name);
    const expected = {
      ...row,
      ...(ownDefaults.has(name) ? { boot_val: ours.boot_val } : {}),
      // A gateway has no sessions that could change a setting: what a server lets them change, a reload changes.
      context: row?.context === "postmaster" ? "postmaster" : "sighup",
    };
    expect(ours).toEqual(expected);
  }
});

test("a setting of Sallyport's has no name of PostgreSQL's, but for the version that is to be told here", async () => {
  await using server = await startPostgres();
  const names = [...settingsTable].flatMap(([name, { whose }]) =>
    whose === "sallyport" ? [`'${name}'`] : [],
  );
  const sql = `select name from pg_settings where name in (${names.join(", ")})`;
  expect((await server.psql(["-c", sql])).stdout).toBe("server_version\n");
});

test.each([...settingsTable])("%s is described in sentences", (_, { description, refuses, only }) => {
  for (const text of [description, refuses ?? "Nothing."]) expect(text).toMatch(/^[A-Za-z][ -~]*\.$/);
  expect(only?.reason ?? "nothing").toMatch(/^[A-Za-z][ -~]*[^.]$/);
});
