import { isMet } from "../result.ts";
import type { Result } from "../result.ts";

/** A case as `--json` prints it. `ratio` and `spread` are those to the main peer; above 1 is better for us in every case. */
export interface ResultJson {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly ratio: number;
  readonly spread: number;
  readonly ratios: Readonly<Record<string, number>>;
  readonly at_least: Readonly<Record<string, number>>;
  readonly met: boolean;
  /** Microseconds of CPU for one operation. */
  readonly cpu_us: Readonly<Record<string, number>>;
  /** Which share of the machine went to others meanwhile. */
  readonly others: number;
}

export function resultJson({ name, unit, ours, peers, cpu }: Result, others: number): ResultJson {
  const all = [...peers];
  const main = all[0]?.[1];
  if (main === undefined) throw new Error(`${name} has no peer`);
  return {
    name,
    unit,
    ours,
    peer: main.value,
    peers: Object.fromEntries(all.map(([peer, { value }]) => [peer, value])),
    ratio: main.ratio,
    spread: main.spread,
    ratios: Object.fromEntries(all.map(([peer, { ratio }]) => [peer, ratio])),
    at_least: Object.fromEntries(
      all.flatMap(([peer, { atLeast }]) => (atLeast === undefined ? [] : [[peer, atLeast]])),
    ),
    met: all.every(([, comparison]) => isMet(comparison)),
    cpu_us: Object.fromEntries(cpu),
    others,
  };
}
