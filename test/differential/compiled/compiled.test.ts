import { expect, test } from "vitest";
import { budget, expectNoDifference, seed } from "../budget.ts";
import { compiled } from "./contest.ts";

/** How many attempts are decided both ways. */
const attempts = budget("COMPILED", 20_000);

test.each(compiled.entrants([]))(
  `a compiled policy and $opponent come to the same decision (SEED=${seed})`,
  { timeout: 3_600_000 },
  async ({ start }) => {
    await using contest = await start();
    const { cases } = await expectNoDifference(compiled, contest, ({ cases }) => cases >= attempts);
    expect(cases).toBeGreaterThanOrEqual(attempts);
  },
);
