import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";

/** A file that says which process holds something, as PostgreSQL's `postmaster.pid` and socket lock files do. */
export interface PidFile {
  readonly release: () => Promise<void>;
}

/** Somebody else holds it. */
export class HeldError extends Error {
  override readonly name: string = "HeldError";
  readonly pid: number;

  constructor(path: string, pid: number) {
    super(`lock file "${path}" already exists`);
    this.pid = pid;
  }
}

const attempts = 5;

/** The process that holds the file. Null: it lives no more, or there is no such file. */
export async function pidFileHolder(path: string): Promise<number | null> {
  const [pidText = "", started = ""] = (await readFile(path, "utf8").catch(() => "")).split("\n");
  const pid = Number(pidText);
  return (await lives(pid, started)) ? pid : null;
}

/**
 * Makes the file, with our process id and start time. One that a dead process left is replaced.
 *
 * @throws {HeldError} a living process holds it
 */
export async function claimPidFile(path: string): Promise<PidFile> {
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, `${process.pid}\n${await startTime(process.pid)}\n`, { flag: "wx", mode: 0o600 });
  try {
    for (let attempt = 1; ; attempt += 1) {
      if (await linked(fresh, path)) return { release: async () => await rm(path, { force: true }) };
      const found = await readFile(path, "utf8").catch(() => "");
      const [pidText = "", started = ""] = found.split("\n");
      const pid = Number(pidText);
      if (attempt === attempts || (await lives(pid, started))) throw new HeldError(path, pid);
      await removeStale(path, found);
    }
  } finally {
    await rm(fresh, { force: true });
  }
}

/** A link never replaces, and the file has its contents from its first moment: nobody can find it empty. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Takes away a dead holder's file; if somebody else's has come in between, that one goes back to its place. */
async function removeStale(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== expected) await linked(aside, path);
  await rm(aside, { force: true });
}

/** A process of that number that began at that time: another one may have got the number of a dead one. */
async function lives(pid: number, started: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  // Without a time to compare (a lock file of PostgreSQL has none) the number is all that there is; if it is ours, it
  // was a dead process's: the first one in a container always has the same.
  return /^\d+$/.test(started) ? started === (await startTime(pid)) : pid !== process.pid;
}

/** Clock ticks since boot at which a process began; empty where there is no `/proc`. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in parentheses, and may hold blanks and parentheses itself.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
