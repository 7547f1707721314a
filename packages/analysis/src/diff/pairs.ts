import type { RuleOutcome } from "../outcome/outcome.ts";
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
import { firstAtLeast } from "./first-at-least.ts";
import type { Maps } from "./maps.ts";
import type { RulesRead } from "./read-through.ts";

/** Both sides of a comparison, in one space. */
export interface Sides {
  readonly space: Space;
  /** The ways to come that there are. */
  readonly lanes: Lanes;
  readonly old: Side;
  readonly new: Side;
  readonly maps: { readonly old: Maps; readonly new: Maps };
  readonly read: { readonly old: RulesRead; readonly new: RulesRead };
}

/** A rule of each side by its place; the length of the rules: none. */
export interface RulePair {
  readonly old: number;
  readonly new: number;
}

/** What the rules of a pair lead to. */
export function outcomesOf(
  { read }: Sides,
  pair: RulePair,
): readonly [before: RuleOutcome | null, after: RuleOutcome | null] {
  return [read.old.outcomes[pair.old] ?? null, read.new.outcomes[pair.new] ?? null];
}

/** So many of the changed rules have been compared with all that they may have something in common with. */
export interface Compared {
  old: number;
  new: number;
}

/**
 * Each pair once of which one rule is changed, which may decide about the same connections, and which leads to different
 * outcomes, in the order of the new file. Where a rule stands that matches what another one does, none behind it decides about
 * any of that. It ends where nothing more may be done.
 *
 * @param compared how far it has come
 */
export function* candidatePairs(
  { read, space: { effort } }: Sides,
  changed: Changed,
  differ: (before: RuleOutcome | null, after: RuleOutcome | null) => boolean,
  compared: Compared,
): Generator<RulePair, void, undefined> {
  const [oldLength, newLength] = [read.old.matches.length, read.new.matches.length];
  const firstOld = firstPlaces(read.new, read.old);
  const firstNew = firstPlaces(read.old, read.new);
  const newOnes = new Set(changed.new);
  for (const place of changed.new) {
    const reach = read.new.reaches[place];
    if (!reach) continue;
    const last = firstOld.at(place);
    const after = read.new.outcomes[place] ?? null;
    const differs = (before: RuleOutcome | null): boolean => differ(before, after);
    for (const other of read.old.overlap.with(reach, firstNew.start(place), last + 1, differs)) {
      if (effort.isSpent) return;
      if (firstNew.at(other) >= place) yield { old: other, new: place };
    }
    if (effort.isSpent) return;
    if (last === oldLength && differs(null)) yield { old: oldLength, new: place };
    compared.new += 1;
  }
  for (const place of changed.old) {
    const reach = read.old.reaches[place];
    if (!reach) continue;
    const last = firstNew.at(place);
    const before = read.old.outcomes[place] ?? null;
    const differs = (after: RuleOutcome | null): boolean => differ(before, after);
    for (const other of read.new.overlap.with(reach, firstOld.start(place), last + 1, differs)) {
      if (effort.isSpent) return;
      // Pairs of two changed rules there have been.
      if (!newOnes.has(other) && firstOld.at(other) >= place) yield { old: place, new: other };
    }
    if (effort.isSpent) return;
    if (last === newLength && differs(null)) yield { old: place, new: newLength };
    compared.old += 1;
  }
}

/** Of the rules of one side: where on the other side the first one stands that matches the same. */
interface FirstPlaces {
  /** The length of the other side: there is none. */
  readonly at: (place: number) => number;
  /** No rule before this place has its first one at `least` or behind it. */
  readonly start: (least: number) => number;
}

function firstPlaces({ matches }: RulesRead, other: RulesRead): FirstPlaces {
  const none = other.matches.length;
  const places = Uint32Array.from(matches, (match) => other.first.get(match) ?? none);
  let highest = 0;
  const ascending = places.map((place) => (highest = Math.max(highest, place)));
  return { at: (place) => places[place] ?? none, start: (least) => firstAtLeast(ascending, least) };
}

/** Of more boxes than these the rest is not looked at. */
const mostBoxes = 2000;

/** What both rules match, as boxes that may have connections in common. */
export function commonBoxes({ space, lanes, old, new: now, read }: Sides, pair: RulePair): CommonBoxes {
  const [before, after] = [read.old.matches[pair.old], read.new.matches[pair.new]];
  const differ = before !== undefined && after !== undefined && before !== after;
  const boxes = differ
    ? intersections(old.boxesAt(pair.old), now.boxesAt(pair.new), space)
    : before !== undefined
      ? old.boxesAt(pair.old)
      : now.boxesAt(pair.new);
  const possible = boxes.map((box) => inLanes(box, lanes)).filter((box) => box.lanes !== 0);
  return { boxes: possible, areAll: !differ || boxes.length <= mostBoxes };
}

export interface CommonBoxes {
  readonly boxes: readonly Box[];
  /** Otherwise there are so many that some are left out. */
  readonly areAll: boolean;
}

function intersections(some: readonly Box[], others: readonly Box[], space: Space): readonly Box[] {
  const found: Box[] = [];
  for (const a of some) {
    for (const b of others) {
      const both = intersect(a, b, space);
      if (both) found.push(both);
      if (found.length > mostBoxes || space.effort.isSpent) return found;
    }
  }
  return found;
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
        if (decider !== place) return side.hitBy(decider, point);
      }
      return null;
    },
    space,
  );
}
