import type { ServerProfile } from "@sallyport/policy";
import { existsIn } from "./repertoire/wanted.ts";
import type { Wanted } from "./repertoire/wanted.ts";

/** What a long run has to bring about of each, and is failed by otherwise. */
export const often = 100;

/** Counts what was brought about of all that is wanted. */
export interface Histogram {
  /** The servers that were asked: what exists in none of them is not missed. */
  readonly ask: (profile: ServerProfile) => void;
  readonly hit: (group: string, name: string, times?: number) => void;
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
  const profiles: ServerProfile[] = [];
  const key = (group: string, name: string): string => `${group}: ${name}`;
  const count = (group: string, name: string): number => counts.get(key(group, name)) ?? 0;
  const wanted = Object.entries(groups).flatMap(([group, items]) => items.map((item) => ({ group, item })));
  const known = new Set(wanted.map(({ group, item }) => key(group, item.name)));
  const reachable = wanted.filter(({ item }) => item.unreachable === undefined);
  const here = (): typeof wanted =>
    reachable.filter(({ item }) => profiles.some((profile) => existsIn(item, profile)));
  const seldom = (least: number): string[] =>
    here()
      .filter(({ group, item }) => count(group, item.name) < least)
      .map(({ group, item }) => `${key(group, item.name)} (${count(group, item.name)})`);
  return {
    ask: (profile) => void profiles.push(profile),
    hit: (group, name, times = 1) => {
      counts.set(key(group, name), count(group, name) + times);
    },
    seldom,
    unknown: () => [...counts.keys()].filter((name) => !known.has(name)),
    table: () =>
      wanted
        .map(({ group, item }) => {
          const times = count(group, item.name);
          const exists = profiles.some((profile) => existsIn(item, profile));
          const remark =
            item.unreachable ?? (exists ? (times < often ? "SELDOM" : "") : "not in the servers asked");
          return `${String(times).padStart(9)}  ${key(group, item.name)}${remark === "" ? "" : `   <- ${remark}`}`;
        })
        .join("\n"),
    summary: () => {
      const all = here();
      return `${all.length - seldom(1).length} of ${all.length} things seen, ${all.length - seldom(often).length} of them ${often} times`;
    },
  };
}
