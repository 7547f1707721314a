import { inPassing } from "@sallyport/policy";
import type { Side } from "../space/side.ts";
import type { Maps } from "./maps.ts";
import { meaningOf } from "./meaning.ts";
import { overlapOf } from "./overlap.ts";
import type { Overlap } from "./overlap.ts";

/** Goes through the rules once: to read a million of them takes longer than to compare them. */
export function readThrough(
  side: Side,
  maps: Maps,
): { readonly meanings: readonly string[]; readonly overlap: Overlap } {
  const { rules } = side.policy;
  const meaning = meaningOf(side, (outcome) => maps(outcome)?.meaning ?? "");
  const meanings: string[] = [];
  const overlap = overlapOf(rules.length);
  for (const rule of inPassing(rules)) {
    meanings.push(meaning(rule));
    overlap.add(rule);
  }
  return { meanings, overlap };
}
