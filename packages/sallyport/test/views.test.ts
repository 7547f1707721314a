import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { inShell, sallyport } from "./cli.ts";

const hba = `# TYPE DATABASE USER ADDRESS METHOD
local all postgres trust
host "sales,eu",shop +staff 10.0.0.0/8 scram-sha-256
host all all ::1/128 ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=hunter2
`;

let room: TempDirectory;

beforeAll(async () => {
  room = await tempDirectory();
  await writeFile(join(room.path, "pg_hba.conf"), hba);
  await writeFile(join(room.path, "bad.conf"), "local all all trust\nhost all all 10.0.0.0/8 scarm\n");
  await writeFile(join(room.path, "pg_ident.conf"), "os alice app\nos bob\n");
});

afterAll(async () => {
  await room?.remove();
});

async function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await sallyport(args, { cwd: room.path });
  return { status, stdout: stdout.replaceAll(room.path, "DIR"), stderr: stderr.replaceAll(room.path, "DIR") };
}

describe("sallyport rules", () => {
  test.concurrent("prints the view as a table", async ({ expect }) => {
    const { status, stdout, stderr } = await run("rules", "pg_hba.conf");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      "rule_number | file_name | line_number | type | database | user_name | address | netmask | auth_method | options | error",
      "1 | DIR/pg_hba.conf | 2 | local | {all} | {postgres} | trust",
      '2 | DIR/pg_hba.conf | 3 | host | {"sales,eu",shop} | {+staff} | 10.0.0.0 | 255.0.0.0 | scram-sha-256',
      "3 | DIR/pg_hba.conf | 4 | host | {all} | {all} | ::1 | ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff | ldap | {ldapserver=l,ldapbasedn=dc=x,ldapbinddn=cn=y,ldapbindpasswd=hunter2,ldapscope=2}",
      "",
    ]);
  });

  test.concurrent("prints JSON with the view's columns in its order", async ({ expect }) => {
    const { status, stdout } = await run("rules", "--hba", "pg_hba.conf", "--format", "json");
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(rows.map((row) => row["auth_method"])).toEqual(["trust", "scram-sha-256", "ldap"]);
    expect(Object.entries(rows[1] ?? {})).toEqual([
      ["rule_number", 2],
      ["file_name", "DIR/pg_hba.conf"],
      ["line_number", 3],
      ["type", "host"],
      ["database", ["sales,eu", "shop"]],
      ["user_name", ["+staff"]],
      ["address", "10.0.0.0"],
      ["netmask", "255.0.0.0"],
      ["auth_method", "scram-sha-256"],
      ["options", null],
      ["error", null],
    ]);
  });

  test.concurrent("masks secrets only when asked", async ({ expect }) => {
    const { stdout } = await run("rules", "pg_hba.conf", "--redact");
    expect(stdout).toContain("ldapbindpasswd=***,");
    expect(stdout).not.toContain("hunter2");
  });

  test.concurrent("exits 1 for a file that a server would refuse, and prints its rows", async ({
    expect,
  }) => {
    const { status, stdout } = await run("rules", "bad.conf", "--format", "json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { rule_number: 1, error: null },
      { rule_number: null, line_number: 2, error: 'invalid authentication method "scarm"' },
    ]);
  });

  test.concurrent("reads as the version and the build that it is told", async ({ expect }) => {
    const { status, stdout } = await run("rules", "pg_hba.conf", "--without", "ldap");
    expect(status).toBe(1);
    expect(stdout).toContain('invalid authentication method "ldap": not supported by this build');
    const older = await run("rules", "pg_hba.conf", "--server-version", "9");
    expect(older).toMatchObject({ status: 2, stdout: "" });
  });

  test.concurrent("has the columns of that version", async ({ expect }) => {
    const { stdout } = await run("rules", "pg_hba.conf", "--server-version", "15");
    const rows = stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "));
    expect(rows.slice(0, 2)).toEqual([
      "line_number | type | database | user_name | address | netmask | auth_method | options | error",
      "2 | local | {all} | {postgres} | trust",
    ]);
    const missing = await run("rules", "missing.conf", "--server-version", "15");
    expect(missing.stderr).toContain('could not open configuration file "DIR/missing.conf"');
  });

  test.concurrent("reads standard input", async ({ expect }) => {
    const { status, stdout } = await sallyport(["rules", "-"], {
      input: "local all all reject\n",
      cwd: room.path,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/<stdin> +1 +local +\{all\} +\{all\} +reject\n$/);
  });

  test.concurrent("takes no byte order mark out of it: to PostgreSQL it is a part of the first word", async ({
    expect,
  }) => {
    const input = "\ufefflocal all all reject\n";
    const { status, stdout } = await sallyport(["rules", "-"], { input, cwd: room.path });
    expect(status).toBe(1);
    expect(stdout).toContain('invalid connection type "\ufefflocal"');
  });

  test.concurrent("exits 2 for what it cannot read", async ({ expect }) => {
    const missing = await run("rules", "missing.conf");
    expect(missing).toEqual({
      status: 2,
      stdout: "",
      stderr: 'sallyport: error: could not open file "DIR/missing.conf": No such file or directory\n',
    });
    const unnamed = await run("rules");
    expect(unnamed.status).toBe(2);
    expect(unnamed.stderr).toBe(
      "sallyport: error: sallyport does not know where to find the files\n" +
        "HINT:  You must name a file, use the -D option, or set the SALLYPORT_GATE environment variable.\n",
    );
  });
});

describe("sallyport mappings", () => {
  test.concurrent("warns where PostgreSQL has no such view", async ({ expect }) => {
    const older = await run("mappings", "pg_ident.conf", "--server-version", "14", "--format", "json");
    expect(older.stderr).toBe(
      "sallyport: warning: PostgreSQL 14 has no pg_ident_file_mappings; these are the columns that PostgreSQL 15 has\n",
    );
    const [row = {}] = JSON.parse(older.stdout) as object[];
    expect(Object.keys(row)).toEqual(["line_number", "map_name", "sys_name", "pg_username", "error"]);
  });

  test.concurrent("prints the view; a line that is wrong is a row and exit status 1", async ({ expect }) => {
    const { status, stdout } = await run("mappings", "pg_ident.conf", "--format", "json");
    expect(status).toBe(1);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(Object.keys(rows[0] ?? {})).toEqual(
      "map_number file_name line_number map_name sys_name pg_username error".split(" "),
    );
    expect(rows).toMatchObject([
      { map_number: 1, map_name: "os", sys_name: "alice", pg_username: "app", error: null },
      { map_number: null, line_number: 2, error: "missing entry at end of line" },
    ]);
  });

  test.concurrent("needs to be told a file", async ({ expect }) => {
    const { status, stderr } = await run("mappings", "--hba", "pg_hba.conf");
    expect(status).toBe(2);
    expect(stderr).toContain("no pg_ident.conf is named");
  });
});

describe("the command line", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["an unknown option", ["--bogus"], "unknown option '--bogus'"],
    ["an unknown option of a command", ["rules", "--bogus"], "unknown option '--bogus'"],
    ["an unknown command", ["bogus"], "unknown command 'bogus'"],
    ["no command", [], "a command is expected"],
    ["a format that is none", ["rules", "x", "--format", "xml"], "argument 'xml' is invalid"],
    ["an option without its value", ["rules", "--hba"], "argument missing"],
    ["a setting without a value", ["rules", "x", "-c", "ssl"], "-c ssl requires a value"],
    [
      "a directory of neither kind",
      ["rules", "-D", "/"],
      "is the directory of neither a gate nor a PostgreSQL server",
    ],
  ];
  test.concurrent.for(wrong)("%s is an error, and exit status 2", async ([, args, message], { expect }) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^sallyport: error: /);
    expect(stderr).toContain(message);
  });

  test.concurrent("has help and a version", async ({ expect }) => {
    const help = await run("--help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const command of ["init", "serve", "rules", "mappings", "explain", "roles"]) {
      expect(help.stdout).toContain(`\n  ${command} `);
    }
    expect((await run("-?")).stdout).toBe(help.stdout);
    expect((await run("explain", "-?")).stdout).toMatch(/^Usage: sallyport explain /);
    const version = await run("-V");
    expect(version).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    expect((await run("--version")).stdout).toBe(version.stdout);
  });

  test.concurrent("ends quietly when nobody reads on", async ({ expect }) => {
    const many = "host all all 10.0.0.0/8 trust\n".repeat(20_000);
    const line = "{ sallyport rules - --format json; echo $? >&2; } | head -n 1";
    const { stdout, stderr } = await inShell(line, { input: many });
    expect(stdout).toBe("[\n");
    expect(stderr).toBe("0\n");
  });
});
