import { readdir, readFile } from "node:fs/promises";

/** What Linux says of a process (proc(5)). */
export interface ProcessFigures {
  /** Resident memory in MiB. */
  readonly rss: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Seconds of processor time since it started. */
  readonly cpu: number;
}

export async function figuresOf(pid: number): Promise<ProcessFigures> {
  const [status, stat, descriptors] = await Promise.all([
    readFile(`/proc/${pid}/status`, "latin1"),
    readFile(`/proc/${pid}/stat`, "latin1"),
    readdir(`/proc/${pid}/fd`),
  ]);
  const rss = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024;
  // utime and stime, in ticks of 1/100 s; the name before them may hold blanks.
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return { rss, descriptors: descriptors.length, cpu: (utime + stime) / 100 };
}

export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
