import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { psql } from "@sallyport/testkit";
import { buildScramSecret, formatScramSecret } from "@sallyport/wire";
import { gateHouse } from "./running-gate.ts";
import type { Gate, GateHouse } from "./running-gate.ts";

// auth_source = file through the commands: the file is read at start and at each reload, whole or not at all.

let house: GateHouse;

beforeAll(async () => {
  house = await gateHouse();
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

const hba = "host all all 127.0.0.1/32 scram-sha-256\n";
const conf = "auth_source = file\nauth_file = 'users.txt'\n";

async function lineFor(password: string): Promise<string> {
  const secret = await buildScramSecret(Buffer.from(password), Buffer.alloc(16, "salt"), 4096);
  return `"app" "${formatScramSecret(secret)}"\n`;
}

async function lets(gate: Gate, password: string): Promise<boolean> {
  const env = { PGHOST: "127.0.0.1", PGPORT: String(gate.port), PGUSER: "app", PGDATABASE: "postgres" };
  const { status, stderr } = await psql(["-c", "select 1"], { env: { ...env, PGPASSWORD: password } });
  expect(stderr).toMatch(status === 0 ? /^$/ : /password authentication failed for user "app"/);
  return status === 0;
}

test("a reload takes a good file; of a bad one it says what is wrong, and the one before counts on", async () => {
  const gate = await house.makeGate("reloads", { hba, conf });
  await gate.write("users.txt", await lineFor("first"));
  await using running = await gate.serve();
  expect([await lets(gate, "first"), await lets(gate, "second")]).toEqual([true, false]);

  await gate.write("users.txt", await lineFor("second"));
  const taken = await gate.json("reload");
  expect(taken).toMatchObject({ status: 0, document: { auth_file: { verdict: "loaded", diagnostics: [] } } });
  expect([await lets(gate, "first"), await lets(gate, "second")]).toEqual([false, true]);

  await gate.write("users.txt", `${await lineFor("third")}other hunter2\n`);
  const refused = await gate.command("reload");
  expect(refused.status).toBe(1);
  expect(refused.stdout).toMatch(/users\.txt +refused; what counted before counts on/);
  expect(refused.stderr).toContain("line 2: no name in double quotes");
  expect(await lets(gate, "second")).toBe(true);
  const { stdout } = await gate.command("status");
  expect(stdout).toContain("users.txt refused");
  expect(stdout).toContain("line 2: no name in double quotes");
  for (const text of [refused.stdout, refused.stderr, stdout, running.output()])
    expect(text).not.toMatch(/hunter2|c2FsdHNhbHQ/);

  await gate.write("users.txt", await lineFor("second"));
  expect(await gate.json("reload")).toMatchObject({
    status: 0,
    document: { auth_file: { verdict: "unchanged" } },
  });
  expect(await running.stop("SIGTERM")).toBe(0);
});

test("config_watch looks at it, too", async () => {
  const gate = await house.makeGate("watched", { hba, conf: `${conf}config_watch = on\n` });
  await gate.write("users.txt", await lineFor("first"));
  await using running = await gate.serve();
  await gate.write("users.txt", await lineFor("second"));
  await expect.poll(() => running.output(), { timeout: 20_000 }).toContain('users.txt" loaded');
  expect([await lets(gate, "first"), await lets(gate, "second")]).toEqual([false, true]);
  expect(await running.stop("SIGTERM")).toBe(0);
});

test("a gate does not start without it, or with one that others may read", async () => {
  const gate = await house.makeGate("stays", { hba, conf });
  const missing = await gate.command("serve");
  expect([missing.status, missing.stderr]).toEqual([
    2,
    expect.stringMatching(/could not open auth_file ".*users\.txt": No such file or directory/),
  ]);
  await gate.write("users.txt", await lineFor("first"));
  await chmod(join(gate.directory, "users.txt"), 0o644);
  const open = await gate.command("serve");
  expect([open.status, open.stderr]).toEqual([2, expect.stringContaining("has group or world access")]);
  expect(open.stderr).toContain("HINT:  Permissions should be u=rw (0600) or less");
});
