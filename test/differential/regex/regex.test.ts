import { describe, expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { regex } from "./contest.ts";

/** How many pairs of a pattern and a subject each server is asked about. */
const pairs = budget("PAIRS", 3_000);
const entrants = regex.entrants(askedServers(isUsual));

describe.each(entrants)(`the regular expressions of $opponent and ours (SEED=${seed})`, ({ start }) => {
  test("match, capture and fail the same", { timeout: 7_200_000 }, async () => {
    await using contest = await start();
    const { cases } = await expectNoDifference(regex, contest, ({ cases }) => cases >= pairs);
    expect(cases).toBeGreaterThanOrEqual(pairs);
  });
});
