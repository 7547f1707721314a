import type { ServerProfile } from "@sallyport/policy";
import { count } from "../contest.ts";
import { existsIn } from "./repertoire/wanted.ts";
import type { Wanted } from "./repertoire/wanted.ts";

/** What a long run has to bring about of each, and is failed by otherwise. */
export const often = 100;

/** What one process counted, to be added to what others did. Keys are `group: name`. */
export interface HistogramCounts {
  readonly counts: ReadonlyMap<string, number>;
  /** What exists in the servers that were asked. */
  readonly possible: ReadonlySet<string>;
}

/** Counts what was brought about of all that is wanted. */
export interface Histogram extends HistogramCounts {
  /** The servers that were asked: what exists in none of them is not missed. */
  readonly ask: (profile: ServerProfile) => void;
  readonly hit: (group: string, name: string, times?: number) => void;
  readonly add: (others: HistogramCounts) => void;
  /** What was seen less often than that, of all that could be. */
  readonly seldom: (least: number) => readonly string[];
  /** What was seen and stands in no table. */
  readonly unknown: () => readonly string[];
  /** A line for each thing, those that were seen too seldom marked. */
  readonly table: () => string;
  /** One line about all. */
  readonly summary: () => string;
}

export function createHistogram(groups: Readonly<Record<string, readonly Wanted[]>>): Histogram {
  const counts = new Map<string, number>();
  const possible = new Set<string>();
  const wanted = Object.entries(groups).flatMap(([group, items]) =>
    items.map((item) => ({ key: `${group}: ${item.name}`, item })),
  );
  const known = new Set(wanted.map(({ key }) => key));
  const timesOf = (key: string): number => counts.get(key) ?? 0;
  const here = (): typeof wanted =>
    wanted.filter(({ key, item }) => item.unreachable === undefined && possible.has(key));
  const seldom = (least: number): string[] =>
    here()
      .filter(({ key }) => timesOf(key) < least)
      .map(({ key }) => `${key} (${timesOf(key)})`);
  return {
    counts,
    possible,
    ask: (profile) => {
      for (const { key, item } of wanted) if (existsIn(item, profile)) possible.add(key);
    },
    hit: (group, name, times = 1) => count(counts, `${group}: ${name}`, times),
    add: (others) => {
      for (const [key, times] of others.counts) count(counts, key, times);
      for (const key of others.possible) possible.add(key);
    },
    seldom,
    unknown: () => [...counts.keys()].filter((name) => !known.has(name)),
    table: () =>
      wanted
        .map(({ key, item }) => {
          const rare = timesOf(key) < often ? "SELDOM" : "";
          const remark = item.unreachable ?? (possible.has(key) ? rare : "not in the servers asked");
          return `${String(timesOf(key)).padStart(9)}  ${key}${remark === "" ? "" : `   <- ${remark}`}`;
        })
        .join("\n"),
    summary: () => {
      const all = here();
      return `${all.length - seldom(1).length} of ${all.length} things seen, ${all.length - seldom(often).length} of them ${often} times`;
    },
  };
}
