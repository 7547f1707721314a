import { readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";

/**
 * A name for a process that no later one can have, even after a reboot or in a container where process numbers
 * repeat: boot, number and start time. Undefined when there is no such process (any more).
 */
export function processIdentity(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // proc_pid_stat(5): the command's name may hold spaces and parentheses, so count behind its last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  if (state === undefined || started === undefined || state === "Z" || state === "X") return undefined;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return `${boot}/${pid}/${started}`;
}

/** Whether a process has this as its current directory, as every process of a PostgreSQL server has its cluster. */
export async function runsIn(pid: number, directory: string): Promise<boolean> {
  try {
    const [its, ours] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(directory)]);
    return its.dev === ours.dev && its.ino === ours.ino;
  } catch {
    return false;
  }
}

/** All processes with this current directory that we are allowed to see. */
export async function processesIn(directory: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await runsIn(pid, directory)) ? [pid] : [])));
  return found.flat();
}

/** What postmaster.pid says: the process, and whether it takes connections (line 8). */
export interface PostmasterFile {
  readonly pid: number;
  readonly ready: boolean;
}

export async function readPostmasterFile(dataDirectory: string): Promise<PostmasterFile | undefined> {
  let text: string;
  try {
    text = await readFile(`${dataDirectory}/postmaster.pid`, "latin1");
  } catch {
    return undefined;
  }
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, ready: lines[7]?.trim() === "ready" };
}
