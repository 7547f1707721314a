import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { sallyport } from "./cli.ts";
import type { CliResult } from "./cli.ts";

async function withFiles(
  files: Readonly<Record<string, string>>,
  args: (directory: string) => readonly string[],
): Promise<CliResult> {
  const room = await tempDirectory();
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(room.path, name), text);
    return await sallyport(args(room.path));
  } finally {
    await room.remove();
  }
}

const hba = { "hba.conf": "host all /^b samehost trust\n" };
const attempt = ["--user", "bob", "--database", "shop", "--address", "10.0.0.1"];

test.each([
  ["10", "10", "SSL off"],
  ["13.23", "13.23", "SSL off"],
  ["140005", "14.5", "no encryption"],
  ["19rc1", "19.0", "no encryption"],
])("explain --server-version %s answers as PostgreSQL %s: %s", async (given, shown, words) => {
  const args = ["--server-version", given, "--server-address", "192.0.2.1/32", ...attempt];
  const { status, stdout } = await withFiles(hba, (at) => [
    "explain",
    "--hba",
    join(at, "hba.conf"),
    ...args,
  ]);
  expect(stdout).toContain(`database "shop", ${words}\n(as PostgreSQL ${shown} reads `);
  expect(status).toBe(1);
});

test.each([
  ["15", { database: ["all"], user_name: ["/^b"] }, undefined],
  ["16", { database: ["all"], user_name: ["/^b"] }, 1],
])("rules --server-version %s has its columns", async (version, columns, number) => {
  const { stdout } = await withFiles(hba, (at) => [
    "rules",
    "--format=json",
    "--server-version",
    version,
    join(at, "hba.conf"),
  ]);
  const [row] = JSON.parse(stdout) as Record<string, unknown>[];
  expect(row).toMatchObject(columns);
  expect(row?.["rule_number"]).toBe(number);
});

test("mappings reads an include as a map before 16, which is too short", async () => {
  const files = { "ident.conf": "include more.conf\n", "more.conf": "m eve bob\n" };
  const error = async (version: string): Promise<unknown> => {
    const { stdout } = await withFiles(files, (at) => [
      "mappings",
      "--format=json",
      "--server-version",
      version,
      join(at, "ident.conf"),
    ]);
    return (JSON.parse(stdout) as { readonly error: unknown }[])[0]?.error;
  };
  expect(await error("15")).toBe("missing entry at end of line");
  expect(await error("16")).toBeNull();
});

test("the version of a server's directory is found there, and its settings", async () => {
  const files = {
    "postgresql.conf": "db_user_namespace = on\npassword_encryption = on\n",
    PG_VERSION: "13\n",
    "pg_hba.conf": "local all bob@shop trust\n",
    "pg_ident.conf": "",
  };
  const { stdout } = await withFiles(files, (at) => {
    const who = ["--local", "--user", "bob", "--database", "shop"];
    return ["explain", "--format=json", "-D", at, ...who];
  });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "authenticate", server_version: 13 });
});

test.each([
  [["--server-version", "9.6"], 'invalid server version "9.6"'],
  [["--server-version", "20"], 'server version "20" is not known'],
  [["-c", "db_user_namespace=on"], 'unrecognized configuration parameter "db_user_namespace"'],
  [
    ["--server-version", "17", "-c", "oauth_validator_libraries=v"],
    'unrecognized configuration parameter "oauth_validator_libraries"',
  ],
  [["-c", "password_encryption=plain"], 'invalid value for parameter "password_encryption": "plain"'],
  [["-c", "work_mem=1"], "-c work_mem: neither the files nor an answer depend on this setting"],
])("%j is refused", async (args, message) => {
  const { status, stderr } = await withFiles(hba, (at) => ["rules", ...args, join(at, "hba.conf")]);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
