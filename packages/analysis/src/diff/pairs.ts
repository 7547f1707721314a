import { inLanes, intersect } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import type { Lanes } from "../space/lanes.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";
import type { Changed } from "./common.ts";
import type { Maps } from "./maps.ts";
import type { Overlap } from "./overlap.ts";

/** Both sides of a comparison, in one space. */
export interface Sides {
  readonly space: Space;
  /** The ways to come that there are. */
  readonly lanes: Lanes;
  readonly old: Side;
  readonly new: Side;
  readonly maps: { readonly old: Maps; readonly new: Maps };
  readonly overlaps: { readonly old: Overlap; readonly new: Overlap };
}

/** A rule of each side by its place; the length of the rules: none. */
export interface RulePair {
  readonly old: number;
  readonly new: number;
}

/**
 * Each pair once of which one rule is changed and which may decide about the same connections, in the order of the new file. A rule
 * that has an equal before the changed one leaves it nothing of what it matches.
 */
export function* candidatePairs(
  { old, new: now, overlaps }: Sides,
  changed: Changed,
): Generator<RulePair, void, undefined> {
  const [oldLength, newLength] = [old.policy.rules.length, now.policy.rules.length];
  for (const place of changed.new) {
    const rule = now.ruleAt(place);
    if (!rule) continue;
    for (const other of overlaps.old.with(rule, oldLength)) {
      if ((changed.newPlace(other) ?? place) >= place) yield { old: other, new: place };
    }
    yield { old: oldLength, new: place };
  }
  for (const place of changed.old) {
    const rule = old.ruleAt(place);
    if (!rule) continue;
    for (const other of overlaps.new.with(rule, newLength)) {
      // Pairs of two changed rules there have been.
      if ((changed.oldPlace(other) ?? -1) > place) yield { old: place, new: other };
    }
    yield { old: place, new: newLength };
  }
}

/** What both rules match, as boxes that may have connections in common. */
export function commonBoxes({ space, lanes, old, new: now }: Sides, pair: RulePair): readonly Box[] {
  const [before, after] = [old.boxesAt(pair.old), now.boxesAt(pair.new)];
  const common =
    pair.old === old.policy.rules.length
      ? after
      : pair.new === now.policy.rules.length
        ? before
        : before.flatMap((a) => after.flatMap((b) => intersect(a, b, space) ?? []));
  return common.map((box) => inLanes(box, lanes)).filter((box) => box.lanes !== 0);
}

/** A connection in these boxes that these two rules decide about. */
export function findDecided(
  { space, old, new: now }: Sides,
  pair: RulePair,
  boxes: readonly Box[],
): Point | null | NotDecided {
  return findPoint(
    boxes,
    (point) => {
      for (const [side, place] of [
        [old, pair.old],
        [now, pair.new],
      ] as const) {
        const decider = side.decider(point);
        if (decider === notDecided) return decider;
        if (decider !== place) return { boxes: side.boxesAt(decider) };
      }
      return null;
    },
    space,
  );
}
