import type { HbaRule } from "./rule.ts";

const kept = new WeakMap<readonly HbaRule[], Iterable<HbaRule>>();

/** These of them are enough for `oneOfEach`. */
export function keepOneOfEach(rules: readonly HbaRule[], enough: Iterable<HbaRule>): void {
  kept.set(rules, enough);
}

/**
 * Some of these rules, in their order, such that every other one has the type, the method and the options of one that stands before it:
 * of a file of a million rules often a handful.
 */
export function oneOfEach(rules: readonly HbaRule[]): Iterable<HbaRule> {
  return kept.get(rules) ?? rules;
}
