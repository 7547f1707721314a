import { inPassing } from "@sallyport/policy";
import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Side } from "../space/side.ts";
import type { Maps } from "./maps.ts";
import { matchText, outcomeTexts } from "./meaning.ts";
import { createOverlap } from "./overlap.ts";
import type { Overlap } from "./overlap.ts";
import { reachOf } from "./reach.ts";
import type { Reach } from "./reach.ts";

/** What a comparison has to know of every rule of a side. */
export interface RulesRead {
  /** Of each rule a text that is equal for rules which match the same connections and lead to the same. */
  readonly meanings: readonly string[];
  /** The `matchText` of each. */
  readonly matches: readonly string[];
  readonly reaches: readonly Reach[];
  /** What each leads to. */
  readonly outcomes: readonly RuleOutcome[];
  readonly overlap: Overlap;
  /** The place of the first rule that matches the same connections, by its `matchText`. */
  readonly first: ReadonlyMap<string, number>;
}

/** Goes through the rules once: to read a million of them takes longer than to compare them. */
export function readThrough({ policy: { rules }, outcomeOf }: Side, maps: Maps): RulesRead {
  const outcomeText = outcomeTexts(maps);
  const meanings: string[] = [];
  const matches: string[] = [];
  const reaches: Reach[] = [];
  const outcomes: RuleOutcome[] = [];
  const first = new Map<string, number>();
  const overlap = createOverlap();
  for (const rule of inPassing(rules)) {
    const match = matchText(rule);
    matches.push(match);
    if (!first.has(match)) first.set(match, meanings.length);
    const outcome = outcomeOf(rule);
    outcomes.push(outcome);
    meanings.push(`${match}\n${outcomeText(outcome)}`);
    const reach = reachOf(rule);
    reaches.push(reach);
    overlap.add(reach, outcome);
  }
  return { meanings, matches, reaches, outcomes, overlap, first };
}
