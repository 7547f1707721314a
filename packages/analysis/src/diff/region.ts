import { subtract } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { pointIn } from "../space/point-in.ts";
import type { Side } from "../space/side.ts";
import type { Overlap } from "./overlap.ts";
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
  const isTooMuch = (): boolean =>
    boxes.length > mostBoxes || boxes.some(isLong) || addresses.size - partsAtFirst > mostParts;
  for (const box of common) {
    let pieces: readonly Box[] = [box];
    for (const other of boxes) pieces = pieces.flatMap((piece) => without(sides, piece, other));
    boxes = boxes.concat(pieces);
    if (isTooMuch()) return { boxes: common, exact: false };
  }
  let left = mostRules;
  for (const [side, overlap, place] of [
    [sides.old, sides.read.old.overlap, pair.old],
    [sides.new, sides.read.new.overlap, pair.new],
  ] as const) {
    const rules = earlierRules(sides, side, overlap, pair, place);
    if (!rules) return { boxes: common, exact: false };
    for (const earlier of rules) {
      left -= 1;
      for (const taken of side.boxesAt(earlier)) {
        boxes = boxes.flatMap((box) => without(sides, box, taken));
        if (isTooMuch()) return { boxes: common, exact: false };
      }
      if (left === 0) return { boxes: common, exact: false };
    }
  }
  return { boxes, exact: true };
}

function isLong({ literals, roles, databases }: Box): boolean {
  return (
    literals.size + (roles.except ? roles.names.size : 0) + (databases.except ? databases.names.size : 0) >
    mostAsked
  );
}

/** Those that may match what both rules of the pair do. Null: it would take too long to find them. */
function earlierRules(
  { old, new: now }: Sides,
  side: Side,
  overlap: Overlap,
  pair: RulePair,
  below: number,
): Iterable<number> | null {
  const rule =
    (side === old ? old.ruleAt(pair.old) : now.ruleAt(pair.new)) ??
    old.ruleAt(pair.old) ??
    now.ruleAt(pair.new);
  if (!rule) return [];
  return Math.min(overlap.cost(rule), below) > mostLookedAt ? null : overlap.with(rule, 0, below);
}

function without({ space }: Sides, box: Box, taken: Box): readonly Box[] {
  const pieces = subtract(box, taken, space);
  if (pieces.length === 1 && pieces[0] === box) return pieces;
  // What is empty without being so evidently is of no use to a reader.
  return pieces.filter((piece) => pointIn(piece, space) !== null);
}
