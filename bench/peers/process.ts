import { readdir, readFile } from "node:fs/promises";

/** The kernel counts CPU time in hundredths of a second here, whatever the machine: USER_HZ of proc(5). */
export const ticksPerSecond = 100;

/** CPU time, user and system, of a process and of all below it. Of none: 0. */
export async function cpuSeconds(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const family = await familyOf(pid);
  return family.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

/** What a process and all below it have in memory of their own, each page counted once (`Pss_Anon` of proc(5)); bytes. */
export async function memoryOf(pid: number): Promise<number> {
  let sum = 0;
  for (const member of await familyOf(pid)) {
    // Backends come and go.
    sum += await sizeIn(`/proc/${member.pid}/smaps_rollup`, "Pss_Anon").catch((error: unknown) => {
      if (member.pid === pid) throw error;
      return 0;
    });
  }
  return sum;
}

/** The most that one process has had in memory since it began, files included; bytes. */
export async function peakMemoryOf(pid: number): Promise<number> {
  return await sizeIn(`/proc/${pid}/status`, "VmHWM");
}

async function sizeIn(file: string, field: string): Promise<number> {
  const text = await readFile(file, "utf8");
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  if (kilobytes === undefined) throw new Error(`${file} says nothing of ${field}`);
  return Number(kilobytes) * 1024;
}

interface Member {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  /** Of its children that have ended. */
  readonly ofEnded: number;
}

/** A process and all below it. */
export async function familyOf(pid: number): Promise<readonly Member[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(numbers.map(readStat))).filter((member) => member !== undefined);
  const found = all.filter((member) => member.pid === pid);
  for (const member of found) found.push(...all.filter(({ parent }) => parent === member.pid));
  if (found.length === 0) throw new Error(`there is no process ${pid}`);
  return found;
}

/** Undefined of a process that has ended meanwhile. */
async function readStat(pid: number): Promise<Member | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  // The name, in parentheses, may hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined) return undefined;
  const [parent = 0, user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = [1, 11, 12, 13, 14].map(
    (at) => Number(fields[at]),
  );
  return { pid, parent, ticks: user + system, ofEnded: userOfEnded + systemOfEnded };
}
