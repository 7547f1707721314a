import type { HbaRule, Regex } from "@sallyport/policy";
import type { Effort } from "./effort.ts";

/** Rules in turn, as a choice goes through them, and what they cost. */
export interface CountedRules {
  readonly counted: (from: number) => number;
  /** Counts what the last one has cost. */
  readonly settle: () => void;
}

/** The same rules in turn, counted as they are compared. */
export function countedRules(
  next: (from: number) => number,
  ruleAt: (place: number) => HbaRule | undefined,
  effort: Effort,
): CountedRules {
  let settle = nothingAsked;
  return {
    counted: (from) => {
      settle();
      const place = next(from);
      const rule = ruleAt(place);
      if (!rule) return place;
      const { databases, users } = rule;
      effort.spend(10 + databases.length + users.length);
      const regexes = regexesOf(rule);
      settle = regexes ? effort.willAsk(regexes) : nothingAsked;
      return place;
    },
    settle: () => settle(),
  };
}

function nothingAsked(): void {}

/** Null: it has none, as most. */
function regexesOf({ databases, users }: HbaRule): readonly Regex[] | null {
  let regexes: Regex[] | null = null;
  for (const pattern of databases) if (pattern.kind === "regex") (regexes ??= []).push(pattern.regex);
  for (const pattern of users) if (pattern.kind === "regex") (regexes ??= []).push(pattern.regex);
  return regexes;
}
