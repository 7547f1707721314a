import { readFile } from "node:fs/promises";
import { familyOf, ticksPerSecond } from "./process.ts";

/** CPU time of all processors since the machine started; seconds. */
export interface MachineTime {
  /** What was spent, by whomever. */
  readonly spent: number;
  /** By this process and all below it, which is all that is measured. */
  readonly ours: number;
  /** The whole, idle or not. */
  readonly passed: number;
}

export async function machineTime(): Promise<MachineTime> {
  const stat = await readFile("/proc/stat", "latin1");
  const ticks = stat.slice(0, stat.indexOf("\n")).split(/ +/).slice(1, 9).map(Number);
  // Interrupts are on nobody's account; what the host took from us (steal) is on that of others.
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticks;
  const family = await familyOf(process.pid);
  return {
    spent: (user + nice + system + steal) / ticksPerSecond,
    ours: family.reduce((sum, { ticks, ofEnded }) => sum + ticks + ofEnded, 0) / ticksPerSecond,
    passed: ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond,
  };
}

/** The share of the machine, from 0 to 1, that went to what is not measured: how far figures can be trusted. */
export function othersShare(before: MachineTime, after: MachineTime): number {
  const others = after.spent - before.spent - (after.ours - before.ours);
  return Math.max(0, others) / (after.passed - before.passed);
}
