import { inLanes, intersect } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import type { Lanes } from "../space/lanes.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";
import type { Overlap } from "./overlap.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";

/** Both sides of a comparison, in one space. */
export interface Sides {
  readonly space: Space;
  /** The ways to come that there are. */
  readonly lanes: Lanes;
  readonly old: Side;
  readonly new: Side;
  readonly overlaps: { readonly old: Overlap; readonly new: Overlap };
}

/** A rule of each side by its place; the length of the rules: none. */
export interface RulePair {
  readonly old: number;
  readonly new: number;
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
