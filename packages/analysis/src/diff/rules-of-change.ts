import type { HbaRule } from "@sallyport/policy";
import type { RulePair, Sides } from "./pairs.ts";

/** The rules that decide on both sides; null: none does. */
export interface RulesOfChange {
  readonly old: HbaRule | null;
  readonly new: HbaRule | null;
}

export function rulesOf({ old, new: now }: Sides, pair: RulePair): RulesOfChange {
  return { old: old.ruleAt(pair.old) ?? null, new: now.ruleAt(pair.new) ?? null };
}
