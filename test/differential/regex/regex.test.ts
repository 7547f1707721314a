import { expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { regex } from "./contest.ts";

/** How many pairs of a pattern and a subject each server is asked about. */
const pairs = budget("PAIRS", 3_000);
const entrants = regex.entrants(askedServers(isUsual));

test.each(entrants)(
  `the regular expressions of $opponent and ours match, capture and fail the same (SEED=${seed})`,
  { timeout: 7_200_000 },
  async ({ start }) => {
    await using contest = await start();
    const { cases } = await expectNoDifference(regex, contest, ({ cases }) => cases >= pairs);
    expect(cases).toBeGreaterThanOrEqual(pairs);
  },
);
