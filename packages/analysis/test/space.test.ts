import { assert, constantFrom, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { intersect, subtract } from "../src/space/box.ts";
import type { Box } from "../src/space/box.ts";
import { notDecided } from "../src/space/not-decided.ts";
import { pointIn } from "../src/space/point-in.ts";
import { contains } from "../src/space/point.ts";
import type { Point } from "../src/space/point.ts";
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
      runs(10),
    );
  });

  test("what is in both, and what is in one and not in the other, of which no part is there twice", () => {
    assert(
      property(tuple(smallRule, smallRule, smallRule), world, (lines, { known, points }) => {
        const space = spaceOf(known);
        const [one = [], other = [], third = []] = lines.map((line) => boxesOf(line, space));
        // Boxes that are not of a rule any more, too.
        const from = one.flatMap((box) => third.flatMap((cut) => subtract(box, cut, space)).concat(box));
        for (const [a, b] of from.flatMap((box) => other.map((right) => [box, right] as const))) {
          const both = intersect(a, b, space);
          const pieces = subtract(a, b, space);
          const wrong = points.filter((point) => {
            const [inA, inB] = [a, b].map((box) => contains(box, point, space));
            const inPieces = pieces.filter((piece) => contains(piece, point, space)).length;
            const inBoth = both !== null && contains(both, point, space);
            return inBoth !== (inA && inB) || inPieces !== (inA && !inB ? 1 : 0);
          });
          expect(wrong).toEqual([]);
        }
      }),
      runs(4),
    );
  });

  test("a box is empty if and only if nobody is found in it, and who is found is in it", () => {
    assert(
      property(tuple(smallRule, smallRule, smallRule), world, (lines, { known, points }) => {
        const space = spaceOf(known);
        const [one = [], other = [], third = []] = lines.map((line) => boxesOf(line, space));
        const pairs = one.flatMap((a) => other.map((b) => [a, b] as const));
        const pieces = pairs.flatMap(([a, b]) => subtract(a, b, space).concat(intersect(a, b, space) ?? []));
        const smaller = pieces.flatMap((piece) => third.flatMap((cut) => subtract(piece, cut, space)));
        for (const box of [...pieces, ...smaller]) {
          const found = pointIn(box, space);
          const isRight =
            found === null
              ? !points.some((point) => contains(box, point, space))
              : found === notDecided || contains(box, found, space);
          expect(isRight).toBe(true);
        }
      }),
      runs(10),
    );
  });
});
