import { cpuSeconds } from "./peers/process.ts";
import { compare } from "./result.ts";
import type { Better, Result } from "./result.ts";
import { median } from "./statistics.ts";

/** What was seen in one round. */
export interface Sample {
  /** In the unit of the contest. */
  readonly value: number;
  /** How many logins, queries or bytes that were: what CPU time is counted for. */
  readonly operations: number;
  /** CPU time that the load itself took, where it is counted. */
  readonly loadCpuSeconds?: number;
}

/** One of those that are measured in turns. */
export interface Contestant {
  readonly name: string;
  /** The process whose CPU time is counted, with its children. Undefined: nobody's. */
  readonly pid?: number | undefined;
  readonly measure: (milliseconds: number) => Promise<Sample>;
  /** What our ratio to this one is asked to be. */
  readonly atLeast?: number | undefined;
}

export interface Pace {
  /** Those that count. */
  readonly rounds: number;
  /** How long each is measured in a round. */
  readonly roundMs: number;
  /** How long ours runs before: what runs in JavaScript is compiled while it runs. */
  readonly warmMs: number;
}

export interface Contest {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  /** We, the main peer, and others. */
  readonly contestants: readonly [Contestant, ...Contestant[]];
  /** Whether a first round is measured and not counted; default: yes. */
  readonly warmUp?: boolean;
}

/**
 * Measures one after the other, never two at the same moment, forwards and backwards by turns, so that whatever else the machine does
 * falls on all of them.
 */
export async function contest(
  { name, unit, better, contestants, warmUp = true }: Contest,
  { rounds, roundMs, warmMs }: Pace,
): Promise<Result> {
  if (warmUp) await contestants[0].measure(warmMs);
  const seen = contestants.map(() => ({ values: [] as number[], cpu: [] as number[], load: [] as number[] }));
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    const order = contestants.map((_, at) => (round % 2 === 0 ? at : contestants.length - 1 - at));
    for (const at of order) {
      const contestant = contestants[at];
      if (contestant === undefined) continue;
      const { value, cpu, load } = await observe(contestant, roundMs);
      if (round < 0) continue;
      seen[at]?.values.push(value);
      seen[at]?.cpu.push(cpu);
      seen[at]?.load.push(load);
    }
  }
  const [ours = [], ...theirs] = seen.map(({ values }) => values);
  const [, ...peers] = contestants;
  return {
    name,
    unit,
    ours: median(ours),
    peers: new Map(
      peers.map((peer, at) => [peer.name, compare(ours, theirs[at] ?? [], better, peer.atLeast)]),
    ),
    cpu: new Map(
      [
        ...contestants.flatMap(({ name, pid }, at) =>
          pid === undefined ? [] : [[name, median(seen[at]?.cpu ?? [])] as const],
        ),
        ...contestants.map(({ name }, at) => [`the load of ${name}`, median(seen[at]?.load ?? [])] as const),
      ].filter(([, microseconds]) => Number.isFinite(microseconds)),
    ),
    strict: false,
  };
}

/** What a round has shown; `cpu` of the process and `load` of the load are microseconds for one operation. */
interface Observation {
  readonly value: number;
  readonly cpu: number;
  readonly load: number;
}

async function observe(contestant: Contestant, milliseconds: number): Promise<Observation> {
  const before = await cpuSeconds(contestant.pid);
  const { value, operations, loadCpuSeconds = Number.NaN } = await contestant.measure(milliseconds);
  const after = await cpuSeconds(contestant.pid);
  return { value, cpu: ((after - before) * 1e6) / operations, load: (loadCpuSeconds * 1e6) / operations };
}
