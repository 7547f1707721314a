import { assert, constantFrom, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { intersect, subtract } from "../src/space/box.ts";
import type { Box } from "../src/space/box.ts";
import { contains } from "../src/space/point.ts";
import type { Point } from "../src/space/point.ts";
import { pointIn } from "../src/space/point-in.ts";
import { sideOf } from "../src/space/side.ts";
import type { Space } from "../src/space/space.ts";
import {
  allKnown,
  everyPoint,
  naively,
  nothingKnown,
  policyOf,
  runs,
  smallRule,
  spaceOf,
} from "./universe.ts";

const worlds = [allKnown, nothingKnown].map((known) => ({ known, points: everyPoint(known) }));
const world = constantFrom(...worlds);

function boxesOf(line: string, space: Space): readonly Box[] {
  return sideOf(policyOf(`${line}\n`), space).boxesAt(0);
}

function isIn(boxes: readonly Box[], point: Point, space: Space): boolean {
  return boxes.some((box) => contains(box, point, space));
}

describe("boxes say what rules say", () => {
  test("a connection is in a box of a rule if and only if the rule matches it", () => {
    assert(
      property(smallRule, world, (line, { known, points }) => {
        const space = spaceOf(known);
        const policy = policyOf(`${line}\n`);
        const boxes = boxesOf(line, space);
        const wrong = points.find(
          (point) => isIn(boxes, point, space) !== (naively(policy, point, space) === 0),
        );
        expect(wrong).toBeUndefined();
      }),
      runs(20),
    );
  });

  test("what is in both, and what is in one and not in the other, of which no part is there twice", () => {
    assert(
      property(tuple(smallRule, smallRule, smallRule), world, (lines, { known, points }) => {
        const space = spaceOf(known);
        const [one, other, third] = lines.map((line) => boxesOf(line, space));
        for (const a of one ?? []) {
          for (const b of other ?? []) {
            // Of a box that is not one of a rule any more, too.
            for (const from of [a, ...(third ?? []).flatMap((c) => subtract(a, c, space))]) {
              const both = intersect(from, b, space);
              const pieces = subtract(from, b, space);
              for (const point of points) {
                const [inA, inB] = [contains(from, point, space), contains(b, point, space)];
                const inPieces = pieces.filter((piece) => contains(piece, point, space)).length;
                if ((both !== null && contains(both, point, space)) !== (inA && inB))
                  expect({ both, point }).toBe("right");
                if (inPieces !== (inA && !inB ? 1 : 0)) expect({ pieces, point }).toBe("right");
              }
            }
          }
        }
      }),
      runs(8),
    );
  });

  test("a box is empty if and only if nobody is found in it, and who is found is in it", () => {
    assert(
      property(tuple(smallRule, smallRule, smallRule), world, (lines, { known, points }) => {
        const space = spaceOf(known);
        const [one = [], other = [], third = []] = lines.map((line) => boxesOf(line, space));
        const pieces = one.flatMap((a) =>
          other.flatMap((b) => [...subtract(a, b, space), intersect(a, b, space)]),
        );
        for (const box of pieces.flatMap((piece) =>
          piece ? [piece, ...third.flatMap((c) => subtract(piece, c, space))] : [],
        )) {
          const found = pointIn(box, space);
          if (found === null) expect(points.find((point) => contains(box, point, space))).toBeUndefined();
          else if (found !== "undecided") expect(contains(box, found, space)).toBe(true);
        }
      }),
      runs(20),
    );
  });
});
