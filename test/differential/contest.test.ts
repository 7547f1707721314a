import type { Random } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { compete } from "./contest.ts";
import type { Contest, Round, Tally } from "./contest.ts";

/** Makes one number in each round. */
function contestOf(judge: (number: number) => readonly string[]): Contest & { readonly made: number[] } {
  const made: number[] = [];
  const round = async (r: Random): Promise<Round> => {
    const number = r.below(1_000_000);
    made.push(number);
    const differences = judge(number);
    return await Promise.resolve({
      cases: 1,
      outcomes: new Map([["seen", 1]]),
      differences,
      about: "a file",
    });
  };
  return { made, round };
}

const fifty = ({ rounds }: Tally): boolean => rounds < 50;
const once = (): boolean => false;

test("rounds differ, add up, and come again with the same seed", async () => {
  const [one, again] = [contestOf(() => []), contestOf(() => [])];
  const tally = await compete(one, 7, fifty);
  await compete(again, 7, fifty);
  expect(tally).toEqual({ rounds: 50, cases: 50, outcomes: new Map([["seen", 50]]), found: [] });
  expect(again.made).toEqual(one.made);
  expect(new Set(one.made).size).toBeGreaterThan(45);
});

test("the seed of a difference shows it in the first round", async () => {
  const rare = contestOf((number) => (number % 20 === 3 ? [`not the same: ${number}`, "nor this"] : []));
  const { found } = await compete(rare, 7, ({ found }) => found.length === 0);
  expect(found).toMatchObject([{ count: 2, text: expect.stringContaining("a file\nnot the same") }]);
  expect((await compete(rare, found[0]?.seed ?? 0, once)).found).toEqual(found);
});

test("contests with one seed begin with the same round and go on with others", async () => {
  const [one, other] = [contestOf(() => []), contestOf(() => [])];
  await compete(one, 7, fifty, 0);
  await compete(other, 7, fifty, 1);
  expect(other.made[0]).toBe(one.made[0]);
  expect(other.made.filter((number) => one.made.includes(number)).length).toBeLessThan(5);
});

test("a round that fails is a difference", async () => {
  const round = async (): Promise<Round> => await Promise.reject(new Error("the server went away"));
  const { found, cases } = await compete({ round }, 7, once);
  expect(cases).toBe(0);
  expect(found).toEqual([{ seed: 7, count: 1, text: expect.stringContaining("the server went away") }]);
});
