import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPidFile, HeldError, pidFileHolder } from "./pid-file.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sp-pid-"));
  path = join(directory, "a.pid");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

test("a file that is claimed names us, is ours alone, and goes when it is released", async () => {
  const held = await claimPidFile(path);
  const [pid, started] = (await readFile(path, "utf8")).split("\n");
  expect(pid).toBe(String(process.pid));
  expect(started).toMatch(/^\d+$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await held.release();
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("who lives and holds it is named, also if it is ourselves", async () => {
  await claimPidFile(path);
  await expect(claimPidFile(path)).rejects.toThrow(new HeldError(path, process.pid));
  await expect(claimPidFile(path)).rejects.toMatchObject({
    pid: process.pid,
    message: `lock file "${path}" already exists`,
  });
  // As a PostgreSQL server writes the lock file of its socket.
  await writeFile(path, `${process.ppid}\n/var/lib/postgresql/18/main\n1764000000\n5432\n`);
  await expect(claimPidFile(path)).rejects.toMatchObject({ pid: process.ppid });
});

test.each([
  ["a dead process", `${spawnSync("true").pid}\n12345\n`],
  ["a dead process whose number another one has now", `${process.ppid}\n1\n`],
  ["a dead process whose number we have now", `${process.pid}\n1\n`],
  ["a dead process of our number, before it could say more", `${process.pid}\n`],
  ["nobody", ""],
  ["something that is no number", "../../etc\n"],
  ["a process group", "-1\n"],
  ["number 0", "0\n"],
])("a file that %s left is taken over", async (_, left) => {
  await writeFile(path, left);
  await claimPidFile(path);
  expect((await readFile(path, "utf8")).split("\n")[0]).toBe(String(process.pid));
});

test("of several claims at once one is granted, and nothing of the others is left", async () => {
  const claims = await Promise.allSettled(Array.from({ length: 5 }, async () => await claimPidFile(path)));
  expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(directory)).toEqual(["a.pid"]);
});

test("its holder is the process that made it, as long as that lives", async () => {
  expect(await pidFileHolder(path)).toBe(null);
  const file = await claimPidFile(path);
  expect(await pidFileHolder(path)).toBe(process.pid);
  await file.release();
  expect(await pidFileHolder(path)).toBe(null);
  await writeFile(path, `${spawnSync("true").pid}\n12345\n`);
  expect(await pidFileHolder(path)).toBe(null);
});

test("a directory that is missing is no held file", async () => {
  await expect(claimPidFile(join(directory, "no", "a.pid"))).rejects.toMatchObject({ code: "ENOENT" });
});
