import { subtract } from "./box.ts";
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

/**
 * A connection in one of the boxes that nothing hits; null: there is none. It goes from one connection to the next: what hits
 * it is cut out of its box, and the pieces are looked at in the same way. So of all rules only those cost anything that are in
 * the way of a connection. Not decided: it was given up.
 *
 * @param most how many connections are looked at before it is given up
 */
export function findPoint(
  boxes: readonly Box[],
  hit: (point: Point) => Hit | null | NotDecided,
  space: Space,
  most: number = mostPoints,
): Point | null | NotDecided {
  const open = boxes.toReversed();
  let undecided = false;
  let left = most;
  for (let box = open.pop(); box; box = open.pop()) {
    const point = pointIn(box, space);
    if (point === null) continue;
    if (point === notDecided) {
      undecided = true;
      continue;
    }
    left -= 1;
    if (left < 0) return notDecided;
    const found = hit(point);
    if (found === null) return point;
    const around = found === notDecided ? undefined : found.boxes.find((one) => contains(one, point, space));
    if (around) open.push(...subtract(box, around, space).toReversed());
    else undecided = true;
  }
  return undecided ? notDecided : null;
}
