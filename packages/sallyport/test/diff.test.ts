import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { inShell, sallyport } from "./cli.ts";

const before = `local all all peer map=os
include d/more.conf
host billing app 10.0.0.0/8 reject
host billing all 10.20.0.0/16 scram-sha-256
`;
const after = `${before.replace("scram-sha-256", "trust")}host all all 10.9.0.0/16 ldap ldapserver=l ldapbasedn=dc=x ldapbindpasswd=hunter2\n`;

let room: TempDirectory;

/** A repository whose checked-out files have been changed since its only commit. */
beforeAll(async () => {
  room = await tempDirectory();
  const file = async (name: string, text: string): Promise<void> =>
    await writeFile(join(room.path, name), text);
  await mkdir(join(room.path, "conf", "d"), { recursive: true });
  await file("conf/pg_hba.conf", before);
  await file("conf/pg_ident.conf", "os alice app\n");
  await file("conf/d/more.conf", "hostssl all +readers all scram-sha-256\n");
  await file("absolute.conf", "include /etc/more.conf\n");
  const git = async (...args: string[]): Promise<unknown> =>
    await promisify(execFile)("git", ["-c", "user.name=x", "-c", "user.email=x@example.org", ...args], {
      cwd: room.path,
    });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=x");
  await file("conf/pg_hba.conf", after);
  await file("conf/pg_ident.conf", "os alice app\nos carol postgres\n");
  await file("old.conf", "host all all 10.0.0.0/8 md5\n");
  await file("new.conf", "host all bob 10.0.0.0/8 reject\nhost all all 10.0.0.0/8 md5\n");
  await file("bad.conf", "local all all scarm\n");
  const role = { login: true, superuser: false };
  const roles = [
    { name: "bob", ...role, member_of: ["readers"] },
    { name: "readers", ...role, member_of: [] },
  ];
  await file("roles.json", JSON.stringify({ roles }));
});

afterAll(async () => {
  await room?.remove();
});

async function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await sallyport(args, { cwd: room.path });
  return { status, stdout: stdout.replaceAll(room.path, "DIR"), stderr: stderr.replaceAll(room.path, "DIR") };
}

describe("sallyport diff says", () => {
  test.concurrent("that nothing changes", async ({ expect }) => {
    expect(await run("diff", "old.conf", "old.conf")).toEqual({
      status: 0,
      stdout: "Nothing changes for anybody.\n",
      stderr: "",
    });
  });

  test.concurrent("who gains and who loses, by which lines, with somebody to ask about", async ({
    expect,
  }) => {
    expect(await run("diff", "old.conf", "new.conf")).toEqual({
      status: 1,
      stdout: `narrowing: bob, to any database, from 10.0.0.0/8 by TCP: now rejected by new.conf:1, before md5 by old.conf:1
  - old.conf:1  host all all 10.0.0.0/8 md5
  + new.conf:1  host all bob 10.0.0.0/8 reject
    such as: -U bob -d somedb --address 10.0.2.1

1 narrowing.
`,
      stderr: "",
    });
  });

  test.concurrent("what has been edited since a revision of git, maps and includes too", async ({
    expect,
  }) => {
    const { status, stdout, stderr } = await run("diff", "HEAD:conf", "conf");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout)
      .toBe(`widening: map os: the system user carol can now be postgres (pg_ident.conf:2), by pg_hba.conf:1
  + conf/pg_ident.conf:2  os carol postgres
    conf/pg_hba.conf:1  local all all peer map=os
    such as: -U postgres -d somedb --local --system-user carol

widening: everybody but app, to billing, from 10.20.0.0/16 without TLS; everybody but app not in readers, to billing, from 10.20.0.0/16 over TLS: now trust by pg_hba.conf:4, before scram-sha-256 by pg_hba.conf:4
  - HEAD:conf/pg_hba.conf:4  host billing all 10.20.0.0/16 scram-sha-256
  + conf/pg_hba.conf:4  host billing all 10.20.0.0/16 trust
    such as: -U somebody -d billing --address 10.20.2.1

widening: everybody, to any database, from 10.9.0.0/16 by TCP, unless an earlier line decides: now ldap ldapserver=l ldapbasedn=dc=x ldapbindpasswd=*** by pg_hba.conf:5, before refused, as no line fits
  + conf/pg_hba.conf:5  host all all 10.9.0.0/16 ldap ldapserver=l ldapbasedn=dc=x ldapbindpasswd=***
    such as: -U somebody -d somedb --address 10.9.2.1

3 widening.
`);
  });

  test.concurrent("of a revision, from where the user is", async ({ expect }) => {
    const { status, stdout } = await sallyport(["diff", "HEAD:./pg_hba.conf", "HEAD:conf/pg_hba.conf"], {
      cwd: join(room.path, "conf"),
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "Nothing changes for anybody.\n" });
  });

  test.concurrent("of many changes that are alike some, and how many there are", async ({ expect }) => {
    const lines = Array.from({ length: 60 }, (_, at) => `host db${at} all 10.0.0.0/8 md5\n`).join("");
    await writeFile(join(room.path, "many-old.conf"), lines);
    const edited = `${lines.replaceAll("md5", "scram-sha-256")}host db0 bob ::1/128 trust\n`;
    await writeFile(join(room.path, "many-new.conf"), edited);
    const { stdout } = await run("diff", "many-old.conf", "many-new.conf");
    const blocks = stdout.split("\n\n");
    const begins = (block: string, words: string): void => expect(block.slice(0, words.length)).toBe(words);
    for (const [at, block] of blocks.slice(0, 10).entries())
      begins(block, `changed: everybody, to db${at}, from`);
    expect(blocks.slice(10)).toEqual([
      `changed: now scram-sha-256, before md5: 50 more such changes, for others or by other lines
    to see each: --format json`,
      expect.stringMatching(/^widening: bob, to db0, from ::1\/128 by TCP: now trust by /),
      "1 widening, 60 changed.\n",
    ]);
    const json = await run("diff", "many-old.conf", "many-new.conf", "--format", "json");
    const { changes, summary } = JSON.parse(json.stdout) as { changes: unknown[]; summary: unknown };
    expect(changes).toHaveLength(61);
    expect(summary).toEqual({ widening: 1, narrowing: 0, changed: 60, undecided: 0 });
  });

  test.concurrent("how two versions read one file", async ({ expect }) => {
    await writeFile(join(room.path, "regex.conf"), "host all /^a 10.0.0.0/8 md5\nlocal all all peer\n");
    const { status, stdout } = await run("diff", "regex.conf", "--server-version", "15..16");
    expect(status).toBe(1);
    expect(stdout).toContain(
      'widening: everybody but "/^a" matching /^a, to any database, from 10.0.0.0/8 by TCP: now md5',
    );
    expect(stdout).toMatch(/\n1 widening, 1 narrowing\.\n$/);
  });
});

describe("sallyport diff exits", () => {
  test.concurrent.each([
    ["widening", 0],
    ["narrowing", 1],
    ["changed", 0],
    ["any", 1],
  ])("--fail-on %s: with %i for a narrowing", async (kind, status) => {
    expect((await run("diff", "old.conf", "new.conf", "--fail-on", kind)).status).toBe(status);
  });

  test.concurrent.each<[string, readonly string[], RegExp]>([
    [
      "a side does not load",
      ["old.conf", "bad.conf"],
      /^sallyport: error: "bad\.conf" does not load\nDIR\/bad\.conf:1:15: error: invalid authentication method "scarm"/,
    ],
    [
      "there is no such file",
      ["old.conf", "none.conf"],
      /"none\.conf" does not load\n.*No such file or directory/,
    ],
    [
      "there is no such revision",
      ["nope:old.conf", "old.conf"],
      /^sallyport: error: git: Not a valid object name nope/,
    ],
    [
      "a revision has no such file",
      ["HEAD:none.conf", "old.conf"],
      /^sallyport: error: there is no "none\.conf" in HEAD/,
    ],
    [
      "a revision includes what is in none",
      ["HEAD:absolute.conf", "old.conf"],
      /includes "\/etc\/more\.conf", which is in no revision\nHINT: {2}Only names relative/,
    ],
    ["a revision looks like an option", ["--output=x:y", "old.conf"], /unknown option/],
    ["there is one side only", ["old.conf"], /nothing to compare it with\nHINT: .*--server-version 15\.\.18/],
    [
      "there are two sides and two versions",
      ["old.conf", "new.conf", "--server-version", "15..18"],
      /two versions are of one side/,
    ],
    [
      "db_user_namespace is on",
      ["conf", "conf", "--server-version", "16", "-c", "db_user_namespace=on"],
      /cannot be analysed while db_user_namespace is on/,
    ],
  ])("with 2 if %s", async (_, args, message) => {
    const { status, stdout, stderr } = await run("diff", ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe("sallyport diff --format json", () => {
  test.concurrent("has witnesses that explain --batch confirms on both sides", async ({ expect }) => {
    const sides = { old: "HEAD:conf", new: "conf" };
    const { stdout } = await run("diff", sides.old, sides.new, "--roles", "roles.json", "--format", "json");
    const { changes } = JSON.parse(stdout) as {
      changes: Record<"witness" | "old" | "new" | "depends_on", unknown>[];
    };
    expect(changes.map(({ depends_on }) => depends_on)).toEqual([[], [], []]);
    const input = changes.map(({ witness }) => `${JSON.stringify(witness)}\n`).join("");
    await writeFile(join(room.path, "conf", "before.conf"), before);
    await writeFile(join(room.path, "before_ident.conf"), "os alice app\n");
    for (const [side, hba, ident] of [
      ["old", "conf/before.conf", "before_ident.conf"],
      ["new", "conf/pg_hba.conf", "conf/pg_ident.conf"],
    ] as const) {
      const batch = ["explain", "--hba", hba, "--ident", ident, "--roles", "roles.json", "--batch", "-"];
      const { stdout } = await sallyport(batch, { cwd: room.path, input });
      const answers = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
      expect(answers.map(withoutFile)).toEqual(changes.map((change) => withoutFile(change[side])));
    }
  });

  test.concurrent("counts in its summary", async ({ expect }) => {
    const { stdout } = await run("diff", "old.conf", "new.conf", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [{ kind: "narrowing", witness: { user: "bob", database: "somedb", address: "10.0.2.1" } }],
      summary: { widening: 0, narrowing: 1, changed: 0, undecided: 0 },
    });
  });

  test.concurrent("takes standard input for a side, as the bytes that it is, under two versions as well", async ({
    expect,
  }) => {
    const latin1 = String.raw`printf 'local all "\351" peer\n' | tee latin1.conf | sallyport diff - latin1.conf`;
    expect(await inShell(latin1, { cwd: room.path })).toMatchObject({ status: 0, stderr: "" });
    const versions = await sallyport(["diff", "-", "--server-version", "15..16"], {
      cwd: room.path,
      input: "local all /^a peer\n",
    });
    expect(versions.stderr).toBe("");
    expect(versions.stdout).toContain("1 widening, 1 narrowing.");
  });

  test.concurrent("ends quietly when the reader has had enough", async ({ expect }) => {
    const { stdout, stderr } = await inShell("sallyport diff old.conf new.conf --format json | head -c 1", {
      cwd: room.path,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "{", stderr: "" });
  });
});

/** The files of both sides have other names than the ones that `explain` is told. */
function withoutFile(decision: unknown): unknown {
  return JSON.parse(
    JSON.stringify(decision, (key, value: unknown) =>
      key === "file_name" || key === "detail" ? undefined : value,
    ),
  );
}
