import { sizeOf, subtract } from "./box.ts";
import type { Box } from "./box.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";
import { pointIn } from "./point-in.ts";
import { contains } from "./point.ts";
import type { Point } from "./point.ts";
import type { Space } from "./space.ts";

/** What keeps a connection from being the one that is looked for: all that is in these boxes, of which one contains it. */
export interface Hit {
  readonly boxes: readonly Box[];
}

const mostPoints = 5000;
/** One search takes no more than this of what may be done, */
const mostEffort = 40_000_000;
/** nor has it more than this in pieces that it has cut and not looked at: about 200 MB. */
const mostOpen = 4_000_000;

/**
 * A connection in one of the boxes that nothing hits; null: there is none. It goes from one connection to the next: what hits
 * it is cut out of its box, and the pieces are looked at in the same way. So of all rules only those cost anything that are in
 * the way of a connection. Not decided: it was given up, or an expression leaves it open.
 *
 * @param most how many connections are looked at before it is given up
 */
export function findPoint(
  boxes: readonly Box[],
  hit: (point: Point) => Hit | null | NotDecided,
  space: Space,
  most: number = mostPoints,
): Point | null | NotDecided {
  const { effort } = space;
  const enough = effort.spent + mostEffort;
  /** Pieces, the next one last; and of `boxes` how many have been looked at. */
  const open: Box[] = [];
  let begun = 0;
  let size = 0;
  let undecided = false;
  const giveUp = (): NotDecided => {
    effort.giveUp();
    return notDecided;
  };
  for (let left = most; ;) {
    if (size > mostOpen || effort.spent > enough || effort.isSpent) return giveUp();
    const piece = open.pop();
    if (piece) size -= sizeOf(piece);
    const box = piece ?? boxes[begun];
    if (!box) return undecided ? notDecided : null;
    if (!piece) begun += 1;
    const point = pointIn(box, space);
    if (point === null) continue;
    if (point === notDecided) {
      undecided = true;
      continue;
    }
    if (left === 0) return giveUp();
    left -= 1;
    const found = hit(point);
    if (found === null) return point;
    const around = found === notDecided ? undefined : found.boxes.find((one) => contains(one, point, space));
    if (!around) {
      undecided = true;
      continue;
    }
    for (const rest of subtract(box, around, space).toReversed()) {
      open.push(rest);
      size += sizeOf(rest);
    }
  }
}
