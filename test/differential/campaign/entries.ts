import type { ServerBuild } from "@sallyport/testkit";
import { comparisons } from "../comparisons.ts";
import type { Comparison, Entrant } from "../contest.ts";
import type { Histogram } from "../views/histogram.ts";

/** An entrant of a campaign. */
export interface Entry {
  readonly comparison: Comparison;
  readonly entrant: Entrant;
  /** Distinguishes it from all others, in any process. */
  readonly name: string;
  /** Its part of the time, in relation to those of the others. */
  readonly weight: number;
}

/** How the time is divided among units, whatever the number of servers: as slow as they are, and as many as are wanted. */
const weights: Readonly<Record<string, number>> = {
  "rows of pg_hba.conf": 50,
  "rows of pg_ident.conf": 12,
  connections: 12,
  logins: 8,
  witnesses: 4,
  pairs: 20,
  attempts: 3,
};

export function entriesOf(histogram: Histogram, servers: readonly ServerBuild[]): readonly Entry[] {
  const all = comparisons(histogram).flatMap((comparison) =>
    comparison.entrants(servers).map((entrant) => ({ comparison, entrant, name: nameOf(entrant) })),
  );
  return all.map((one) => {
    const { unit } = one.entrant;
    const rivals = all.filter(({ entrant }) => entrant.unit === unit).length;
    return Object.assign(one, { weight: (weights[unit] ?? 1) / rivals });
  });
}

function nameOf({ unit, opponent, settings }: Entrant): string {
  return [unit, opponent, ...(settings === undefined ? [] : [settings])].join(", ");
}
