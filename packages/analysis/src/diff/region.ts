import { subtract } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { pointIn } from "../space/point-in.ts";
import type { RulePair, Sides } from "./pairs.ts";

/** The connections that a change is about. */
export interface Region {
  readonly boxes: readonly Box[];
  /**
   * Then no two boxes have a connection in common. Otherwise they may, and only those are meant about which no earlier rule
   * decides: it would take too many boxes to say.
   */
  readonly exact: boolean;
}

/** More boxes than these nobody reads. */
const mostBoxes = 12;
/** Nor longer ones. */
const mostAsked = 10;
/** So many earlier rules are looked at. */
const mostRules = 100;
/** Nor sets of addresses that are made of so many parts: masks with holes, taken from each other. */
const mostParts = 20_000;
/** Where more than these have to be looked at to find them, nobody looks. */
const mostLookedAt = 3000;

/** Takes out of what two rules match all that earlier ones decide about. */
export function regionOf(sides: Sides, pair: RulePair, common: readonly Box[]): Region {
  let boxes: readonly Box[] = [];
  const { addresses } = sides.space;
  const partsAtFirst = addresses.size;
  // What is empty without being so evidently is of no use to a reader: whether a box is, is asked as seldom as may be.
  const weed = (): void => {
    boxes = boxes.filter((box) => pointIn(box, sides.space) !== null);
  };
  const isTooMuch = (): boolean => {
    if (addresses.size - partsAtFirst > mostParts) return true;
    if (seemsFine(boxes)) return false;
    weed();
    return !seemsFine(boxes);
  };
  for (const box of common) {
    let pieces: readonly Box[] = [box];
    for (const other of boxes) pieces = pieces.flatMap((piece) => subtract(piece, other, sides.space));
    boxes = boxes.concat(pieces);
    if (isTooMuch()) return { boxes: common, exact: false };
  }
  let left = mostRules;
  const seen = new Set<number>();
  const either = sides.read.old.reaches[pair.old] ?? sides.read.new.reaches[pair.new];
  for (const [side, { overlap, matches, reaches }, place] of [
    [sides.old, sides.read.old, pair.old],
    [sides.new, sides.read.new, pair.new],
  ] as const) {
    const reach = reaches[place] ?? either;
    // Those that may match what both rules of the pair do.
    const rules = reach ? overlap.before(reach, place, mostLookedAt) : [];
    if (!rules) return { boxes: common, exact: false };
    for (const earlier of rules) {
      // Most rules stand on both sides.
      const match = matches[earlier] ?? -1;
      if (seen.has(match)) continue;
      seen.add(match);
      left -= 1;
      for (const taken of side.boxesAt(earlier)) {
        boxes = boxes.flatMap((box) => subtract(box, taken, sides.space));
        if (isTooMuch()) return { boxes: common, exact: false };
      }
      if (sides.space.effort.isSpent) return { boxes: common, exact: false };
      if (left === 0) return { boxes: common, exact: false };
    }
  }
  weed();
  return { boxes, exact: true };
}

function seemsFine(boxes: readonly Box[]): boolean {
  return boxes.length <= mostBoxes && !boxes.some(isLong);
}

function isLong({ literals, roles, databases }: Box): boolean {
  return (
    literals.size + (roles.except ? roles.names.size : 0) + (databases.except ? databases.names.size : 0) >
    mostAsked
  );
}
