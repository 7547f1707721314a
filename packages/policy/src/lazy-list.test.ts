import { beforeEach, describe, expect, test } from "vitest";
import { inPassing, lazyList, readerOf } from "./lazy-list.ts";

interface Thing {
  readonly place: number;
}

let kept: Map<number, Thing>;
let list: readonly Thing[];
let peeked: number;

beforeEach(() => {
  kept = new Map();
  peeked = 0;
  const at = (place: number): Thing => {
    const thing = kept.get(place) ?? { place };
    kept.set(place, thing);
    return thing;
  };
  list = lazyList({
    length: 5,
    at,
    peek: (place) => {
      peeked += 1;
      return kept.get(place) ?? { place };
    },
    placeOf: (thing) => [...kept].find(([, one]) => one === thing)?.[0] ?? -1,
  });
});

describe("a list whose elements are made when they are looked at", () => {
  test("is an array", () => {
    expect(Array.isArray(list)).toBe(true);
    expect([list.length, list[4], list[5], list.at(-1)]).toEqual([5, { place: 4 }, undefined, { place: 4 }]);
    expect(list.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
    expect(list.filter(({ place }) => place % 2 === 0)).toEqual([{ place: 0 }, { place: 2 }, { place: 4 }]);
    expect(list.find(({ place }) => place === 3)).toBe(list[3]);
    expect([...list, ...list.slice(1, 3)].map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 1, 2]);
    expect(Object.keys(list)).toEqual(["0", "1", "2", "3", "4"]);
    expect([4 in list, 5 in list, "map" in list]).toEqual([true, false, true]);
    expect(JSON.stringify(list.slice(0, 2))).toBe('[{"place":0},{"place":1}]');
    expect(list).toEqual([0, 1, 2, 3, 4].map((place) => ({ place })));
  });

  test("makes only what is looked at, and once", () => {
    expect(list[2]).toBe(list[2]);
    expect([...kept.keys()]).toEqual([2]);
    expect(readerOf(list)(2)).toBe(list[2]);
    expect([readerOf(list)(5), readerOf(list)(Number.MAX_SAFE_INTEGER)]).toEqual([undefined, undefined]);
    expect([...kept.keys()]).toEqual([2]);
  });

  test("finds what it has given away, and makes nothing for that", () => {
    const second = list[1];
    expect(second && [list.indexOf(second), list.includes(second)]).toEqual([1, true]);
    expect([list.indexOf({ place: 1 }), list.includes({ place: 1 })]).toEqual([-1, false]);
    expect([...kept.keys()]).toEqual([1]);
  });

  test("keeps nothing of what is looked at in passing", () => {
    const second = list[1];
    const seen = [...inPassing(list)];
    expect(seen).toEqual([...list]);
    expect([seen[1] === second, seen[2] === list[2], peeked]).toEqual([true, false, 5]);
  });

  test("cannot be changed", () => {
    const array = list as Thing[];
    expect(() => array.push({ place: 5 })).toThrow(TypeError);
    expect(() => (array[0] = { place: 1 })).toThrow(TypeError);
    expect(() => array.copyWithin(0, 1)).toThrow(TypeError);
    expect(() => (array.length = 0)).toThrow(TypeError);
    expect(list.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
  });
});

test("an array of another kind is read as it is", () => {
  const array = [{ place: 7 }];
  expect([...inPassing(array), readerOf(array)(0), readerOf(array)(1)]).toEqual([
    { place: 7 },
    { place: 7 },
    undefined,
  ]);
});
