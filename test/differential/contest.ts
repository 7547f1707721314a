import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { seededRandom } from "@sallyport/testkit";
import type { Random, ServerBuild } from "@sallyport/testkit";

/** What one round came to. */
export interface Round {
  /** How many answers of the two sides were held against each other. */
  readonly cases: number;
  /** How often each kind of answer was seen. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What was not the same, in words for people. */
  readonly differences: readonly string[];
  /** The files that the differences are about, if they are worth showing. */
  readonly about?: string;
}

/** Two sides that are ready to be asked the same. */
export interface Contest {
  /** Makes some cases and compares. All that it makes comes from `r`, so that a seed shows it again. */
  readonly round: (r: Random) => Promise<Round>;
}

/** A contest that can be held, with a server or a setting of its own. */
export interface Entrant {
  /** Of what there are so many: `rows of pg_hba.conf`, `connections`. */
  readonly unit: string;
  /** Who is on the other side: `PostgreSQL 15, debian build`. */
  readonly opponent: string;
  /** How the opponent is set up, where it meets us more than once. */
  readonly settings?: string;
  /** What shows a round again, after its seed. */
  readonly test: string;
  readonly start: () => Promise<Contest & AsyncDisposable>;
}

/** One kind of contest. */
export interface Comparison {
  readonly name: "views" | "decisions" | "maps" | "witnesses" | "regex" | "compiled";
  /** Outcomes of which any longer run has some: without them it would have compared nothing worth it. */
  readonly usual: readonly string[];
  readonly entrants: (servers: readonly ServerBuild[]) => readonly Entrant[];
}

/** A round with differences; the seed shows it again. */
export interface Found {
  readonly seed: number;
  readonly count: number;
  readonly text: string;
}

/** What the rounds so far came to. */
export interface Tally {
  readonly rounds: number;
  readonly cases: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly found: readonly Found[];
}

/** The one error whose boundary may differ (docs/differences.md): counted where one side alone says it. */
export const tooComplex = "regular expression is too complex";
export const oneSided = "too complex for one side only";

/**
 * Plays at least one round, and more while `goOn` says so. A round that fails counts as a difference.
 *
 * @param number of contests with the same seed, which one this is: all begin with the same round and go on with others
 */
export async function compete(
  contest: Contest,
  seed: number,
  goOn: (tally: Tally) => boolean,
  number = 0,
): Promise<Tally> {
  let [rounds, cases] = [0, 0];
  const outcomes = new Map<string, number>();
  const found: Found[] = [];
  const tally = (): Tally => ({ rounds, cases, outcomes, found });
  do {
    // The first round has the seed itself: so the seed of any round shows that round at once.
    const own = rounds === 0 ? seed : (seed + Math.imul(rounds + number * 1_000_003, 0x9e3779b1)) >>> 0;
    const round = await contest.round(seededRandom(own)).catch(failedRound);
    rounds += 1;
    cases += round.cases;
    for (const [word, times] of round.outcomes) count(outcomes, word, times);
    const { length } = round.differences;
    if (length > 0) found.push({ seed: own, count: length, text: shown(round) });
    // Rounds that wait for nobody would keep signals and messages out.
    await turn();
  } while (goOn(tally()));
  return tally();
}

/** Adds to a count. */
export function count(counts: Map<string, number>, word: string, times = 1): void {
  counts.set(word, (counts.get(word) ?? 0) + times);
}

/** The usual outcomes that were seen less than once in a hundred cases. */
export function seldomOutcomes({ usual }: Comparison, { cases, outcomes }: Tally): string[] {
  return usual.filter((word) => (outcomes.get(word) ?? 0) < cases / 100);
}

/** How the difference of a round begins in which a side gave no answer at all. */
export const roundFailed = "the comparison failed";

function failedRound(error: unknown): Round {
  return { cases: 0, outcomes: new Map(), differences: [`${roundFailed}: ${inspect(error)}`] };
}

/** The first few, after the files that they are about. */
function shown({ about, differences }: Round): string {
  const few = differences.slice(0, 4);
  return [...(about === undefined ? [] : [about]), ...few].join("\n");
}
