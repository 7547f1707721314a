import { createServer } from "node:net";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { inShell, startTryOut } from "./cli.ts";
import type { Running } from "./cli.ts";

let room: TempDirectory;
let tryOut: Running;

beforeAll(async () => {
  room = await tempDirectory(0o711);
  tryOut = await startTryOut(room.path);
});

afterAll(async () => {
  await tryOut?.[Symbol.asyncDispose]();
  await room?.remove();
});

/** The commands that it prints, with what it promises of them. */
function promised(): readonly { readonly command: string; readonly promise: string }[] {
  const lines = tryOut
    .output()
    .split("\n")
    .filter((line) => /^ {2}(?:PGPASSFILE|npx)/.test(line));
  return lines.map((line) => {
    const [command = "", promise = ""] = line.trim().split(/ {3,}/);
    return { command, promise };
  });
}

/** A printed command as it stands, with a psql that asks nothing and the CLI of this checkout. */
async function type(command: string, sql = ""): ReturnType<typeof inShell> {
  const env = { PATH: `/usr/lib/postgresql/15/bin:${process.env["PATH"] ?? ""}`, PGCONNECT_TIMEOUT: "10" };
  const line = command.replace(/^npx /, "").replace(/psql/, "psql -X -w -At");
  return await inShell(line, { cwd: room.path, env, input: sql });
}

describe("what npm start runs", () => {
  test("says what it did, and that it logged in itself", () => {
    const lines = tryOut.output().split("\n");
    expect(lines[0]).toBe("Sallyport  (first start: about 20 s, 90 MB to fetch; later ones: 1 s)");
    expect(lines[1]).toMatch(
      /^ {2}database {3}PostgreSQL 18\.\d+, embedded, private socket, no TCP +ok +\d+\.\d s$/,
    );
    expect(lines[2]).toMatch(
      /^ {2}gate {7}\.\/gate made: sallyport\.conf, pg_hba\.conf, pg_ident\.conf, demo\.pgpass +ok$/,
    );
    expect(lines[3]).toMatch(
      /^ {2}listening {2}127\.0\.0\.1:(\d+)(?:, \[::1\]:\1)?, \/.*\/\.s\.PGSQL\.\1 +ok$/,
    );
    expect(lines[4]).toMatch(
      /^ {2}self-test {2}app logged in: scram-sha-256 \(pg_hba\.conf:\d+\), select 1 +ok$/,
    );
    expect(tryOut.output()).toContain("\nTry, in another terminal (in this directory):\n");
  });

  test("the first psql line lets app in, by the line that it names", async () => {
    const [first] = promised();
    expect(first?.promise).toMatch(/^let in by pg_hba\.conf:\d+, scram-sha-256$/);
    const result = await type(first?.command ?? "", "select current_user, count(*) from product;");
    expect(result).toEqual({ status: 0, stdout: "app|3\n", stderr: "" });
    const [, number] = /pg_hba\.conf:(\d+)/.exec(first?.promise ?? "") ?? [];
    const log = await readFile(join(room.path, "gate/gateway.log"), "utf8");
    expect(log).toContain(`identity="app" method=scram-sha-256 (${room.path}/gate/pg_hba.conf:${number})`);
  });

  test("the second one is refused, by the line that it names", async () => {
    const second = promised()[1];
    const [, number] =
      /^FATAL: pg_hba\.conf rejects connection \.\.\. \(pg_hba\.conf:(\d+)\)$/.exec(second?.promise ?? "") ??
      [];
    const result = await type(second?.command ?? "", "select 1;");
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(
      'FATAL:  pg_hba.conf rejects connection for host "127.0.0.1", user "intern"',
    );
    const lines = (await readFile(join(room.path, "gate/pg_hba.conf"), "utf8")).split("\n");
    expect(lines[Number(number) - 1]).toMatch(/^host +all +intern +all +reject$/);
  });

  test("the others do what is said of them", async () => {
    const [, second, explain, status] = promised();
    const explained = await type(explain?.command ?? "");
    expect(explained.status).toBe(1);
    const [, number] = /\(pg_hba\.conf:(\d+)\)/.exec(second?.promise ?? "") ?? [];
    expect(explained.stdout).toContain(`pg_hba.conf:${number} decides`);
    expect(status?.command).toBe("npx sallyport status -D gate");
    const runs = await type(status?.command ?? "");
    expect(runs.status).toBe(0);
    expect(runs.stdout).toMatch(new RegExp(`^sallyport \\S+ runs: process ${tryOut.pid}, `));
    expect(runs.stdout).toContain("embedded\n");
    expect(promised()).toHaveLength(4);
  });

  test("a change of its pg_hba.conf counts after the reload that it names", async () => {
    const [, reload = ""] = /^Change gate\/pg_hba\.conf, then: (.*)\. Stop with/m.exec(tryOut.output()) ?? [];
    const file = join(room.path, "gate/pg_hba.conf");
    const rules = await readFile(file, "utf8");
    const login = promised()[0]?.command ?? "";
    await writeFile(file, `host all app all reject\n${rules}`);
    expect(await type(reload)).toMatchObject({ status: 0 });
    expect(await type(login, "select 1;")).toMatchObject({ status: 2 });
    await writeFile(file, rules);
    expect(await type(reload)).toMatchObject({ status: 0 });
    expect(await type(login, "select 1;")).toMatchObject({ status: 0 });
  });

  test("keeps the passwords in their file", async () => {
    const passfile = join(room.path, "gate/demo.pgpass");
    expect((await stat(passfile)).mode & 0o777).toBe(0o600);
    const shown = tryOut.output() + (await readFile(join(room.path, "gate/gateway.log"), "utf8"));
    const passwords = (await readFile(passfile, "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.split(":")[4] ?? "");
    expect(passwords).toHaveLength(2);
    for (const password of passwords) {
      expect(password.length).toBeGreaterThan(20);
      expect(shown).not.toContain(password);
    }
  });

  test("a second start says who holds the gate", async () => {
    await expect(startTryOut(room.path)).rejects.toThrow(`Is another gateway (PID ${tryOut.pid}) running in`);
  });

  test("stops by a signal, and the next start is on another port if its own is taken", async () => {
    expect(await tryOut.stop("SIGINT")).toBe(0);
    const [, port] = /listening {2}127\.0\.0\.1:(\d+)/.exec(tryOut.output()) ?? [];
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(port), "127.0.0.1", resolve));
    tryOut = await startTryOut(room.path);
    other.close();
    expect(tryOut.output()).toContain(`${port} is taken; this time it is ${Number(port) + 1}`);
    const result = await type(promised()[0]?.command ?? "", "select 1;");
    expect(result).toEqual({ status: 0, stdout: "1\n", stderr: "" });
    expect(await tryOut.stop("SIGTERM")).toBe(0);
  });
});
