import { open, readFile, rm } from "node:fs/promises";

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

/**
 * Makes the file, with our process id and start time. One that a dead process left is replaced.
 *
 * @throws {HeldError} a living process holds it
 */
export async function claimPidFile(path: string): Promise<PidFile> {
  for (let attempt = 1; ; attempt += 1) {
    if (await create(path)) return { release: async () => await rm(path, { force: true }) };
    const [pidText = "", started = ""] = (await readFile(path, "utf8").catch(() => "")).split("\n");
    const pid = Number(pidText);
    if (attempt === attempts || (pid !== process.pid && (await lives(pid, started))))
      throw new HeldError(path, pid);
    await rm(path, { force: true });
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(`${process.pid}\n${await startTime(process.pid)}\n`);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** A process of that number that began at that time: another one may have got the number of a dead one. */
async function lives(pid: number, started: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return started === "" || started === (await startTime(pid));
}

/** Clock ticks since boot at which a process began; empty where there is no `/proc`. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in parentheses, and may hold blanks and parentheses itself.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
