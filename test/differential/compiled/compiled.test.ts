import { describe, expect, test } from "vitest";
import { budget, expectNoDifference, seed } from "../budget.ts";
import { compiled } from "./contest.ts";

/** How many attempts are decided both ways. */
const attempts = budget("COMPILED", 20_000);

describe.each(compiled.entrants([]))(`a compiled policy and $opponent (SEED=${seed})`, ({ start }) => {
  test("come to the same decision", { timeout: 3_600_000 }, async () => {
    await using contest = await start();
    const { cases } = await expectNoDifference(compiled, contest, ({ cases }) => cases >= attempts);
    expect(cases).toBeGreaterThanOrEqual(attempts);
  });
});
