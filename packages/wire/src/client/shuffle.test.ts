import { expect, test } from "vitest";
import { shuffle } from "./shuffle.ts";

test("every choice of numbers gives an order of its own: all are equally likely", () => {
  const orders = [0, 1, 2].flatMap((first) =>
    [0, 1].map((second) => {
      const numbers = [first, second, 0];
      return shuffle(["a", "b", "c"], () => numbers.shift() ?? 0).join("");
    }),
  );
  expect(orders.toSorted()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
});

test("each number is asked for below what is left", () => {
  const bounds: number[] = [];
  const first = (bound: number): number => {
    bounds.push(bound);
    return 0;
  };
  expect(shuffle([1, 2, 3], first)).toEqual([1, 2, 3]);
  expect(bounds).toEqual([3, 2, 1]);
});
