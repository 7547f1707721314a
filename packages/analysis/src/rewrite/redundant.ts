import { reachOf } from "../diff/reach.ts";
import { subtract } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { lanesOfType } from "../space/lanes.ts";
import { notDecided } from "../space/not-decided.ts";
import { contains } from "../space/point.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Space } from "../space/space.ts";
import { placeOf } from "./draft.ts";
import type { DraftRule } from "./draft.ts";
import { isLookedUpBy, lookedUpFor } from "./lookups.ts";
import type { RoundSide } from "./round.ts";
import type { Step } from "./step.ts";
import { others } from "./unreachable.ts";

/** So many connections are looked at before a rule is left alone. */
const mostPoints = 200;
/** So many rules with another outcome may stand between a rule and the one that does the same. */
const mostBetween = 100;

/** Rules without which later ones do the same. Each is looked at without those that were found before it. */
export function redundantRules(
  draft: readonly DraftRule[],
  sides: readonly RoundSide[],
  space: Space,
): Map<number, Step> {
  const gone = new Map<number, Step>();
  const lookups = sides.map(({ side }) => lookupPlaces(side.policy.rules));
  const changeable = [...draft.entries()].flatMap(([place, rule]) => (rule.changeable ? place : []));
  for (const [place, rule] of draft.entries()) {
    if (!rule.text) continue;
    if (space.effort.isSpent) break;
    const instead = new Set<number>();
    const isRedundant = sides.every((one, at) => {
      const own = one.side.ruleAt(place);
      space.effort.spend(own && lookedUpFor(own) !== 0 ? 5 * draft.length : 10);
      if (!own || !isLookedUpBy(others(one.side.policy.rules, place, gone), own)) return false;
      const found = insteadOf(one, place, { draft, gone, lookups: lookups[at] ?? [], changeable }, space);
      for (const other of found ?? []) instead.add(other);
      return found !== null;
    });
    if (!isRedundant) continue;
    const by = [...instead].toSorted((a, b) => a - b).flatMap((at) => (draft[at] ? placeOf(draft[at]) : []));
    gone.set(place, { kind: "redundant", rule: placeOf(rule), by, comments: rule.comments });
  }
  return gone;
}

function lookupPlaces(rules: RoundSide["side"]["policy"]["rules"]): readonly number[] {
  return [...rules.entries()].flatMap(([place, rule]) => (lookedUpFor(rule) === 0 ? [] : [place]));
}

interface Situation {
  readonly draft: readonly DraftRule[];
  readonly gone: ReadonlyMap<number, Step>;
  /** Places of rules with host names. */
  readonly lookups: readonly number[];
  /** Places of rules that may match something else tomorrow: as if they were not there. */
  readonly changeable: readonly number[];
}

/** The rules that decide in the place of this one, all of them as it does; null: others do, or it is not certain. */
function insteadOf(
  { side, overlap, outcomeAt, decider }: RoundSide,
  place: number,
  { draft, gone, lookups, changeable }: Situation,
  space: Space,
): ReadonlySet<number> | null {
  const rule = side.ruleAt(place);
  if (!rule) return null;
  const outcome = outcomeAt(place);
  const lanes = lanesOfType(rule.type);
  const instead = new Set<number>();
  const isOut = (at: number): boolean => gone.has(at) || draft[at]?.changeable === true;
  /** Would names be looked up, and waited for, before the other rule is come to? */
  const isLookedUp = (before: number): boolean =>
    lookups.some((at) => {
      const other = side.ruleAt(at);
      return at > place && at < before && !gone.has(at) && other && (lookedUpFor(other) & lanes) !== 0;
    });
  /** Will it match the same, and those between them that do something else, whatever becomes of other files? */
  const isLasting = (other: number): boolean =>
    draft[other]?.section === draft[place]?.section &&
    changeable.every((at) => at < place || at > other || outcomeAt(at) === outcome);
  /** What the other rule decides about for certain, once this one is gone: rules between them take nothing of it. */
  const undisturbed = (point: Point, other: number): Box | undefined => {
    let around = side.hitBy(other, point).boxes.find((box) => contains(box, point, space));
    let left = mostBetween;
    for (const between of overlap.with(reachOf(rule), place + 1, other)) {
      if (gone.has(between) || outcomeAt(between) === outcome) continue;
      left -= 1;
      if (left < 0 || space.effort.isSpent) return undefined;
      for (const taken of side.boxesAt(between)) {
        around = around && subtract(around, taken, space).find((piece) => contains(piece, point, space));
      }
    }
    return around;
  };
  const different = findPoint(
    side.boxesAt(place),
    (point) => {
      const before = decider(point, isOut);
      if (before === notDecided) return before;
      if (before !== place) return side.hitBy(before, point);
      const after = decider(point, (at) => at === place || isOut(at));
      if (after === notDecided) return after;
      space.effort.spend(lookups.length + changeable.length);
      if (outcomeAt(after) !== outcome || isLookedUp(after) || !isLasting(after)) return null;
      const box = undisturbed(point, after);
      if (!box) return null;
      instead.add(after);
      return { boxes: [box] };
    },
    space,
    mostPoints,
  );
  return different === null ? instead : null;
}
