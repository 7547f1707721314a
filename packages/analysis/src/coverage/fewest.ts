import type { Box } from "../space/box.ts";
import { contains } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";

/** Of more rules than these nobody wants to know which could be spared. */
const mostTried = 16;

/**
 * Of rules that together match all of these boxes, enough to do so: none of them could be left out. In the order of the file.
 *
 * @param places in any order
 */
export function fewest(
  boxes: readonly Box[],
  places: readonly number[],
  { hitBy }: Side,
  space: Space,
): readonly number[] {
  let kept = places.toSorted((a, b) => a - b);
  const isCovered = (by: readonly number[]): boolean =>
    findPoint(
      boxes,
      (point) => {
        for (const place of by) {
          const hit = hitBy(place, point);
          if (hit.boxes.some((box) => contains(box, point, space))) return hit;
        }
        return null;
      },
      space,
    ) === null;
  for (const place of kept.length > mostTried ? [] : kept) {
    const others = kept.filter((other) => other !== place);
    if (isCovered(others)) kept = others;
  }
  return kept;
}
