import { inPassing } from "@sallyport/policy";
import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Effort } from "../space/effort.ts";
import type { Side } from "../space/side.ts";
import type { Maps } from "./maps.ts";
import { matchText, outcomeTexts } from "./meaning.ts";
import { createNumbering } from "./numbering.ts";
import { createOverlap } from "./overlap.ts";
import type { Overlap } from "./overlap.ts";
import { reachOf } from "./reach.ts";
import type { RuleReach } from "./reach.ts";

/** What a comparison has to know of every rule of a side. Numbers are those of the reader, who gives them to both sides. */
export interface RulesRead {
  /** Of each rule a number that is equal for rules which match the same connections and lead to the same. */
  readonly meanings: readonly number[];
  /** Of each the number of its `matchText`. */
  readonly matches: readonly number[];
  readonly reaches: readonly RuleReach[];
  /** What each leads to. */
  readonly outcomes: readonly RuleOutcome[];
  readonly overlap: Overlap;
  /** The place of the first rule that matches the same connections, by the number of its `matchText`. */
  readonly first: ReadonlyMap<number, number>;
}

/** Above all numbers of matches. */
const mostMatches = 2 ** 32;

/** Goes through the rules once: to read a million of them takes longer than to compare them. */
export function createReader(effort: Effort): (side: Side, maps: Maps) => RulesRead {
  const [matchNumber, outcomeNumber] = [createNumbering(), createNumbering()];
  return ({ policy: { rules }, outcomeOf }, maps) => {
    const outcomeText = outcomeTexts(maps);
    const meanings: number[] = [];
    const matches: number[] = [];
    const reaches: RuleReach[] = [];
    const outcomes: RuleOutcome[] = [];
    const first = new Map<number, number>();
    const overlap = createOverlap(effort);
    for (const rule of inPassing(rules)) {
      const match = matchNumber(matchText(rule));
      if (!first.has(match)) first.set(match, matches.length);
      matches.push(match);
      const outcome = outcomeOf(rule);
      outcomes.push(outcome);
      meanings.push(outcomeNumber(outcomeText(outcome)) * mostMatches + match);
      const reach = reachOf(rule);
      reaches.push(reach);
      overlap.add(reach, outcome);
    }
    return { meanings, matches, reaches, outcomes, overlap, first };
  };
}
