import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { osUser, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeGateFiles } from "../src/gate/gate-files.ts";
import { main } from "../src/main.ts";
import { readOriginal, rewriteFile } from "../src/output/rewrite-file.ts";
import { inShell } from "./cli.ts";
import type { CliResult } from "./cli.ts";

const crooked = "# who\nhost all all 10.0.0.0/8 md5\n";
const straight = "# who\nhost    all             all             10.0.0.0/8              md5\n";

let room: TempDirectory;
beforeAll(async () => {
  room = await tempDirectory(0o755);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

/** A new directory with a crooked `pg_hba.conf` in it, and other files. */
async function place(files: Readonly<Record<string, string>> = { "pg_hba.conf": crooked }): Promise<string> {
  const directory = join(room.path, String((await readdir(room.path)).length));
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, "latin1");
  return directory;
}

/** Runs it on files of a directory, whose name is left out of what it says. */
async function fmt(directory: string, ...args: readonly string[]): Promise<CliResult> {
  let [stdout, stderr] = ["", ""];
  const named = args.map((arg) => (arg.startsWith("-") ? arg : join(directory, arg)));
  const status = await main(["fmt", ...named], {
    stdout: (output) => void (stdout += Buffer.from(output).toString("latin1")),
    stderr: (text) => void (stderr += text),
    stdin: Readable.from([Buffer.from(crooked)]),
    environment: {},
    clock: () => new Date(0),
  });
  const [out, error] = [stdout, stderr].map((text) => text.replaceAll(`${directory}/`, ""));
  return { status, stdout: out ?? "", stderr: error ?? "" };
}

async function textOf(...names: readonly string[]): Promise<string> {
  return await readFile(join(...names), "latin1");
}

describe("fmt FILE", () => {
  test("prints it as it should be, and leaves it as it is", async () => {
    const directory = await place();
    expect(await fmt(directory, "pg_hba.conf")).toEqual({ status: 0, stdout: straight, stderr: "" });
    expect(await textOf(directory, "pg_hba.conf")).toBe(crooked);
  });

  test("takes what has ident in its name for a pg_ident.conf; --hba and --ident say it", async () => {
    const map = "m bob robert\n";
    const mapped = "m               bob                     robert\n";
    const directory = await place({ "pg_ident.conf": map, maps: map });
    expect(await fmt(directory, "pg_ident.conf")).toMatchObject({ status: 0, stdout: mapped });
    expect(await fmt(directory, "--ident", "maps")).toMatchObject({ status: 0, stdout: mapped });
    expect(await fmt(directory, "--hba", "pg_ident.conf")).toEqual({
      status: 0,
      stdout: map,
      stderr: 'pg_ident.conf:1: left as it is: invalid connection type "m"\n',
    });
  });

  test("- is standard input", async () => {
    expect(await fmt(room.path, "-")).toEqual({ status: 0, stdout: straight, stderr: "" });
  });

  test("-D is both files of a server, as its version reads them; what they include is not touched", async () => {
    const directory = await place({
      "postgresql.conf": "",
      PG_VERSION: "15\n",
      "pg_hba.conf": `include  more.conf\n${crooked}`,
      "pg_ident.conf": "m bob robert\n",
      "more.conf": crooked,
    });
    const { status, stdout, stderr } = await fmt(directory, "-D", "", "--write");
    expect([status, stderr]).toEqual([
      0,
      `pg_hba.conf:1: left as it is: invalid connection type "include"\n`,
    ]);
    expect(stdout).toBe(`pg_hba.conf: 1 line changed\npg_ident.conf: 1 line changed\n`);
    expect(await textOf(directory, "more.conf")).toBe(crooked);
  });

  test("the files of a new gate are as they should be", async () => {
    const directory = join(await place({}), "gate");
    await writeGateFiles(directory, { upstream: "host=h", port: 6432, socketDirectory: "/s", demo: true });
    expect(await fmt(directory, "--check", "-D", "")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("bytes that are no UTF-8 stay what they are", async () => {
    const directory = await place({ "pg_hba.conf": "local \u00ff all peer # \u00fe\n" });
    const expected = `local   \u00ff               all${" ".repeat(37)}peer    # \u00fe\n`;
    expect(await fmt(directory, "pg_hba.conf")).toMatchObject({ status: 0, stdout: expected });
    await inShell("sallyport fmt - < pg_hba.conf > printed", { cwd: directory });
    expect(await textOf(directory, "printed")).toBe(expected);
    await fmt(directory, "--write", "pg_hba.conf");
    expect(await textOf(directory, "pg_hba.conf")).toBe(expected);
  });
});

describe("fmt --check", () => {
  test("says which lines would change, and how; secrets are masked", async () => {
    const secret = "host all all all ldap ldapserver=l ldapprefix=x ldapbindpasswd=hunter2\n";
    const directory = await place({ "pg_hba.conf": `${crooked}\n${secret}`, "good.conf": straight });
    const { status, stdout, stderr } = await fmt(directory, "--check", "pg_hba.conf", "good.conf");
    expect([status, stderr]).toEqual([1, expect.stringContaining("pg_hba.conf:4: left as it is: ")]);
    expect(stdout.split("\n")).toEqual([
      "pg_hba.conf: 1 line would change",
      "@@ -2,1 +2,1 @@",
      "-host all all 10.0.0.0/8 md5",
      "+host    all             all             10.0.0.0/8              md5",
      "",
    ]);
    expect(await textOf(directory, "pg_hba.conf")).toBe(`${crooked}\n${secret}`);
  });

  test("shows a dozen lines at most, and none where nothing changes", async () => {
    const directory = await place({ many: "local all all peer\n".repeat(40), good: straight });
    const { status, stdout } = await fmt(directory, "--check", "many");
    expect(status).toBe(1);
    expect(stdout.split("\n").slice(-2)).toEqual(["... and 28 more", ""]);
    expect(stdout.split("\n")).toHaveLength(2 + 12 + 12 + 2);
    expect(await fmt(directory, "--check", "good")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("cannot be had together with --write", async () => {
    const { status, stderr } = await fmt(await place(), "--check", "--write", "pg_hba.conf");
    expect([status, stderr]).toEqual([2, expect.stringContaining("cannot be used with option '--write'")]);
  });
});

describe("fmt --write", () => {
  test("rewrites the file, and says how many lines; a second time nothing is written", async () => {
    const directory = await place();
    expect(await fmt(directory, "--write", "pg_hba.conf")).toEqual({
      status: 0,
      stdout: "pg_hba.conf: 1 line changed\n",
      stderr: "",
    });
    expect(await textOf(directory, "pg_hba.conf")).toBe(straight);
    const before = await stat(join(directory, "pg_hba.conf"), { bigint: true });
    expect(await fmt(directory, "--write", "pg_hba.conf")).toEqual({ status: 0, stdout: "", stderr: "" });
    const after = await stat(join(directory, "pg_hba.conf"), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect(await readdir(directory)).toEqual(["pg_hba.conf"]);
  });

  test("goes through links, and keeps the mode", async () => {
    const directory = await place({ real: crooked });
    await chmod(join(directory, "real"), 0o640);
    await symlink("real", join(directory, "pg_hba.conf"));
    expect(await fmt(directory, "--write", "pg_hba.conf")).toMatchObject({ status: 0 });
    expect(await textOf(directory, "real")).toBe(straight);
    expect((await stat(join(directory, "real"))).mode & 0o7777).toBe(0o640);
    expect((await lstat(join(directory, "pg_hba.conf"))).isSymbolicLink()).toBe(true);
  });

  test("writes none of several files if one cannot be read", async () => {
    const directory = await place();
    const { status, stderr } = await fmt(directory, "--write", "pg_hba.conf", "missing.conf");
    expect([status, stderr]).toEqual([
      2,
      'sallyport: error: could not open file "missing.conf": No such file or directory\n',
    ]);
    expect(await textOf(directory, "pg_hba.conf")).toBe(crooked);
  });

  test("refuses a file of several names, and standard input", async () => {
    const directory = await place();
    await link(join(directory, "pg_hba.conf"), join(directory, "other"));
    const refused = await fmt(directory, "--write", "pg_hba.conf");
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('could not write "pg_hba.conf": it has 2 names\n'),
    ]);
    expect(await textOf(directory, "other")).toBe(crooked);
    expect(await fmt(directory, "--write", "-")).toMatchObject({ status: 2 });
  });

  test("keeps what somebody else has written meanwhile", async () => {
    const directory = await place();
    const original = await readOriginal(join(directory, "pg_hba.conf"));
    await writeFile(original.path, "# mine\n");
    await expect(rewriteFile(original, straight)).rejects.toThrow("somebody has changed it meanwhile");
    expect(await textOf(directory, "pg_hba.conf")).toBe("# mine\n");
    expect(await readdir(directory)).toEqual(["pg_hba.conf"]);
  });
});

describe("fmt --minimize", () => {
  const spare = "host a x all md5\nhost b x all md5\nhost a x 10.0.0.0/8 reject\n";
  const fewer = "host    a,b             x               all                     md5\n";
  const steps = [
    "pg_hba.conf:3 dropped: pg_hba.conf:1 decides about all of it",
    "pg_hba.conf:2 merged into pg_hba.conf:1",
    "",
  ];

  test("prints the file, and beside it what became of its rules", async () => {
    const directory = await place({ "pg_hba.conf": spare });
    expect(await fmt(directory, "--minimize", "pg_hba.conf")).toEqual({
      status: 0,
      stdout: fewer,
      stderr: ["pg_hba.conf: 3 rules became 1; PostgreSQL 10 to 19 decide as before", ...steps].join("\n"),
    });
    expect(await textOf(directory, "pg_hba.conf")).toBe(spare);
  });

  test("--check says what would become of them", async () => {
    const directory = await place({ "pg_hba.conf": spare, straight });
    const { status, stdout, stderr } = await fmt(directory, "--minimize", "--check", "pg_hba.conf");
    const sum = "pg_hba.conf: 3 rules would become 1; PostgreSQL 10 to 19 decide as before";
    expect([status, stdout, stderr]).toEqual([1, [sum, ...steps].join("\n"), ""]);
    expect(await fmt(directory, "--minimize", "--check", "straight")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("--write rewrites the file; a second time nothing is written", async () => {
    const directory = await place({ "pg_hba.conf": spare });
    expect(await fmt(directory, "--minimize", "--write", "pg_hba.conf")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(await textOf(directory, "pg_hba.conf")).toBe(fewer);
    expect(await fmt(directory, "--minimize", "--write", "pg_hba.conf")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("where there is nothing to spare, it lays out", async () => {
    const directory = await place();
    expect(await fmt(directory, "--minimize", "--check", "pg_hba.conf")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("pg_hba.conf: 1 line would change\n") as string,
    });
  });

  test("--server-version is the oldest that it has to be right for", async () => {
    const directory = await place({ "pg_hba.conf": "host all /^a all md5\nhost b abc all md5\n" });
    expect(await fmt(directory, "--minimize", "pg_hba.conf")).toMatchObject({ stderr: "" });
    expect(await fmt(directory, "--minimize", "--server-version=17", "pg_hba.conf")).toMatchObject({
      stderr: expect.stringContaining("2 rules became 1; PostgreSQL 17 to 19 decide as before") as string,
    });
  });

  test("what other files hold is left, and said", async () => {
    const directory = await place({
      "pg_hba.conf": "host a x all md5\ninclude more.conf\nhost b x all md5\n",
      "more.conf": spare,
    });
    const { status, stderr } = await fmt(directory, "--minimize", "pg_hba.conf");
    expect([status, stderr]).toEqual([
      0,
      "pg_hba.conf:2: left as it is: no rule is moved past it, and what it includes is not touched\n",
    ]);
  });

  test("takes the pg_hba.conf of a directory, and no maps", async () => {
    const directory = await place({
      "postgresql.conf": "",
      PG_VERSION: "18\n",
      "pg_hba.conf": spare,
      "pg_ident.conf": "m bob robert\n",
    });
    expect(await fmt(directory, "--minimize", "-D", "")).toMatchObject({ status: 0, stdout: fewer });
    const refusals = [["pg_ident.conf"], ["pg_hba.conf", "pg_hba.conf"]].map(
      async (files) => (await fmt(directory, "--minimize", ...files)).stderr.split("\n")[0],
    );
    expect(await Promise.all(refusals)).toEqual([
      'sallyport: error: --minimize: "pg_ident.conf" is a pg_ident.conf',
      "sallyport: error: --minimize takes one pg_hba.conf",
    ]);
  });

  test("a file that the server would not load stays, with its mistakes told", async () => {
    const directory = await place({ "pg_hba.conf": `${spare}host all all all scram\n` });
    const { status, stdout, stderr } = await fmt(directory, "--minimize", "--write", "pg_hba.conf");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("pg_hba.conf is not minimized: the server would not load it\n");
    expect(stderr).toContain('pg_hba.conf:4:18: error: invalid authentication method "scram"');
  });
});

describe.skipIf(process.getuid?.() !== 0)("fmt --write, as root and for others", () => {
  test("keeps the owner", async () => {
    const directory = await place();
    await chown(join(directory, "pg_hba.conf"), 4321, 1234);
    expect(await fmt(directory, "--write", "pg_hba.conf")).toMatchObject({ status: 0 });
    const { uid, gid } = await stat(join(directory, "pg_hba.conf"));
    expect([uid, gid]).toEqual([4321, 1234]);
  });

  test("in a directory that may not be written, or for another owner: says so, and writes nothing", async () => {
    const directory = await place();
    const refusal = async (): Promise<readonly (number | string | null)[]> => {
      const { status, stderr } = await asNobody(async () => await fmt(directory, "--write", "pg_hba.conf"));
      return [status, stderr];
    };
    const hint =
      "HINT:  It takes the right to make files in its directory, and to give them its owner. Nothing was written.\n";
    const words = (reason: string): string =>
      `sallyport: error: could not write "pg_hba.conf": ${reason}\n${hint}`;
    expect(await refusal()).toEqual([2, words("Permission denied")]);
    await chmod(directory, 0o777);
    expect(await refusal()).toEqual([2, words("Operation not permitted")]);
    expect(await textOf(directory, "pg_hba.conf")).toBe(crooked);
    expect(await readdir(directory)).toEqual(["pg_hba.conf"]);
  });
});

/** With the rights of a user who is nobody in particular. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  process.seteuid?.(osUser("nobody").uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
