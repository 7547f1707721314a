import { oneSided, seldomOutcomes } from "../contest.ts";
import type { Found } from "../contest.ts";
import { often } from "../views/histogram.ts";
import type { Histogram } from "../views/histogram.ts";
import type { Played } from "./campaign.ts";

/** From so many rows of pg_hba.conf on all that there is has to have been brought about, and often. */
const longRun = 1_000_000;
/** From so many cases on a contest has to have seen each of its usual outcomes. */
const longContest = 1_000;

interface Row {
  readonly cases: number;
  readonly differences: number;
  readonly tooComplex: number;
  readonly seconds: number;
}

/** One line about a contest that has ended. */
export function playedLine(played: Played): string {
  const { cases, differences } = rowOf(played);
  const came = "error" in played.result ? played.result.error : `cases ${cases}, differences ${differences}`;
  return `${played.entry.name}: ${came}, ${played.seconds.toFixed(1)} s`;
}

/** The figures: for each unit and opponent, and for each unit. */
export function figures(all: readonly Played[]): string {
  const lines = [["of", "with", "cases", "differences", "too complex", "seconds"]];
  for (const [unit, some] of Map.groupBy(all, ({ entry }) => entry.entrant.unit)) {
    const opponents = Map.groupBy(some, ({ entry }) => entry.entrant.opponent);
    for (const [opponent, few] of opponents) lines.push([unit, opponent, ...cells(few)]);
    if (opponents.size > 1) lines.push([unit, "all", ...cells(some)]);
  }
  return table(lines);
}

/** Every difference, and what shows it again. */
export function differencesFound(all: readonly Played[]): string {
  return all
    .flatMap(({ entry, result }) =>
      "error" in result ? [] : result.tally.found.map((one) => shown(entry, one)),
    )
    .join("\n\n");
}

/** What makes the run a failure; empty: nothing. */
export function faults(all: readonly Played[], histogram: Histogram): readonly string[] {
  const { differences } = sum(all);
  const asked = all.filter(({ entry }) => entry.entrant.unit === "rows of pg_hba.conf");
  const seldom = sum(asked).cases < longRun ? [] : histogram.seldom(often);
  return [
    ...(differences > 0 ? [`differences: ${differences}`] : []),
    ...all.flatMap(({ entry, result }) => ("error" in result ? [`${entry.name}: ${result.error}`] : [])),
    ...all.flatMap(({ entry, result }) => {
      if ("error" in result || result.tally.cases < longContest) return [];
      return seldomOutcomes(entry.comparison, result.tally).map(
        (word) => `${entry.name}: hardly any "${word}"`,
      );
    }),
    ...histogram.unknown().map((text) => `in no table: ${text}`),
    ...seldom.map((text) => `fewer than ${often}: ${text}`),
  ];
}

function shown({ entrant, name }: Played["entry"], { seed, count, text }: Found): string {
  return `${name}, differences ${count}: SEED=${seed} ${entrant.test}\n${text}`;
}

function rowOf({ result, seconds }: Played): Row {
  if ("error" in result) return { cases: 0, differences: 0, tooComplex: 0, seconds };
  const { cases, found, outcomes } = result.tally;
  const differences = found.reduce((sum, { count }) => sum + count, 0);
  return { cases, differences, tooComplex: outcomes.get(oneSided) ?? 0, seconds };
}

function sum(some: readonly Played[]): Row {
  const none = { cases: 0, differences: 0, tooComplex: 0, seconds: 0 };
  return some.map(rowOf).reduce(
    (total, row) => ({
      cases: total.cases + row.cases,
      differences: total.differences + row.differences,
      tooComplex: total.tooComplex + row.tooComplex,
      seconds: total.seconds + row.seconds,
    }),
    none,
  );
}

function cells(some: readonly Played[]): string[] {
  const { cases, differences, tooComplex, seconds } = sum(some);
  return [...[cases, differences, tooComplex].map(String), seconds.toFixed(0)];
}

/** Columns one below another: two of words, then numbers. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const cell = (text: string, at: number): string =>
    at < 2 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  return lines.map((line) => line.map(cell).join("  ").trimEnd()).join("\n");
}
