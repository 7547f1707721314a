import { array, assert, constantFrom, integer, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { HashedPlaces } from "../../digest/rule-digest.ts";
import { finish } from "../../steps.ts";
import { placesUnder, sortedPlaces } from "./sorted-places.ts";

const hash = oneof(integer({ min: 0, max: 2 ** 32 - 1 }), constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1));

test("the places under a hash are those that were put there, in their order", () => {
  assert(
    property(array(hash, { maxLength: 200 }), (hashes) => {
      const list = new HashedPlaces();
      for (const [place, one] of hashes.entries()) list.add(one, place);
      const sorted = finish(sortedPlaces(list));
      for (const wanted of [...hashes, 0, 7, 2 ** 32 - 1]) {
        const { all, from, to } = placesUnder(sorted, wanted);
        const expected = [...hashes.keys()].filter((place) => hashes[place] === wanted);
        expect([...all.subarray(from, to)]).toEqual(expected);
      }
    }),
  );
});

test("sorting may be put aside", () => {
  const list = new HashedPlaces();
  for (let place = 0; place < 100_000; place += 1) list.add(place * 40_503, place);
  let steps = 0;
  for (const sorting = sortedPlaces(list); sorting.next().done !== true;) steps += 1;
  expect(steps).toBeGreaterThan(100);
});
