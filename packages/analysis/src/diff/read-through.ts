import { inPassing } from "@sallyport/policy";
import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";
import { mapLines } from "./map-lines.ts";
import { meaningOf } from "./meaning.ts";
import { overlapOf } from "./overlap.ts";
import type { Overlap } from "./overlap.ts";

/** Equal for outcomes whose maps mean the same; empty where no map has a say. */
export type MapMeaning = (outcome: RuleOutcome) => string;

/** Goes through the rules once: to read a million of them takes longer than to compare them. */
export function readThrough(
  side: Side,
  maps: MapMeaning,
): { readonly meanings: readonly string[]; readonly overlap: Overlap } {
  const { rules } = side.policy;
  const meaning = meaningOf(side, maps);
  const meanings: string[] = [];
  const overlap = overlapOf(rules.length);
  for (const rule of inPassing(rules)) {
    meanings.push(meaning(rule));
    overlap.add(rule);
  }
  return { meanings, overlap };
}

/** The lines of the map that an outcome names, as a text. */
export function mapMeanings({ policy }: Side, space: Space): MapMeaning {
  const known = new Map<string, string>();
  return (outcome) => {
    if (outcome.refuses || !outcome.identity) return "";
    const key = JSON.stringify(outcome.identity);
    const text =
      known.get(key) ??
      mapLines(policy, outcome.identity, space)
        .map(({ meaning }) => meaning)
        .join("\n");
    known.set(key, text);
    return text;
  };
}
