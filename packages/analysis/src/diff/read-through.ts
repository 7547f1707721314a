import { inPassing } from "@sallyport/policy";
import type { Side } from "../space/side.ts";
import type { Maps } from "./maps.ts";
import { matchText, outcomeTexts } from "./meaning.ts";
import { overlapOf } from "./overlap.ts";
import type { Overlap } from "./overlap.ts";

/** What a comparison has to know of every rule of a side. */
export interface RulesRead {
  /** Of each rule a text that is equal for rules which match the same connections and lead to the same. */
  readonly meanings: readonly string[];
  /** The `matchText` of each. */
  readonly matches: readonly string[];
  readonly overlap: Overlap;
  /** The place of the first rule that matches the same connections, by its `matchText`. */
  readonly first: ReadonlyMap<string, number>;
}

/** Goes through the rules once: to read a million of them takes longer than to compare them. */
export function readThrough({ policy: { rules }, outcomeOf }: Side, maps: Maps): RulesRead {
  const outcomeText = outcomeTexts(maps);
  const meanings: string[] = [];
  const matches: string[] = [];
  const first = new Map<string, number>();
  const overlap = overlapOf(rules.length);
  for (const rule of inPassing(rules)) {
    const match = matchText(rule);
    matches.push(match);
    if (!first.has(match)) first.set(match, meanings.length);
    meanings.push(`${match}\n${outcomeText(outcomeOf(rule))}`);
    overlap.add(rule);
  }
  return { meanings, matches, overlap, first };
}
