import { coverage } from "../coverage/coverage.ts";
import type { RuleCoverage } from "../coverage/coverage.ts";
import type { Space } from "../space/space.ts";
import { placeOf } from "./draft.ts";
import type { DraftRule, RulePlace } from "./draft.ts";
import { isLookedUpBy, lookedUpFor } from "./lookups.ts";
import type { RoundSide } from "./round.ts";
import type { Step } from "./step.ts";

/**
 * Rules that never decide, as each reading has it. They may all go at once. Of several rules that look at one host name the last to
 * be asked stays.
 */
export function unreachableRules(
  draft: readonly DraftRule[],
  sides: readonly RoundSide[],
  space: Space,
): Map<number, Step> {
  const found = sides.map(({ side }) => {
    const unreachable = new Map<number, RuleCoverage & { readonly status: "unreachable" }>();
    for (const one of coverage(side.policy, space.known, space.effort))
      if (one.status === "unreachable") unreachable.set(one.place, one);
    return unreachable;
  });
  // Rules of which another file has a part may match less tomorrow.
  const lasting = new Set(draft.flatMap((one) => (one.changeable ? [] : keyOf(one))));
  const isLasting = (rule: RulePlace): boolean => lasting.has(keyOf(rule));
  const gone = new Map<number, Step>();
  for (const [place, { coveredBy }] of found[0] ?? []) {
    const rule = draft[place];
    const isCovered = found.every((one) => one.get(place)?.coveredBy.every(isLasting) ?? false);
    if (!rule?.text || !isCovered) continue;
    if (space.effort.isSpent) break;
    const isNeeded = sides.some(({ side }) => {
      const own = side.ruleAt(place);
      space.effort.spend(own && lookedUpFor(own) !== 0 ? 5 * draft.length : 10);
      return own && !isLookedUpBy(others(side.policy.rules, place, gone), own);
    });
    if (isNeeded) continue;
    const by = coveredBy.map(placeOf);
    gone.set(place, { kind: "unreachable", rule: placeOf(rule), by, comments: rule.comments });
  }
  return gone;
}

function keyOf({ fileName, lineNumber }: RulePlace): string {
  return `${fileName}:${lineNumber}`;
}

/** All but this one and those that are gone. */
export function* others<T>(
  list: readonly T[],
  place: number,
  gone: ReadonlyMap<number, unknown>,
): Generator<T, void, undefined> {
  for (const [at, one] of list.entries()) if (at !== place && !gone.has(at)) yield one;
}
