import { describe, expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { decisions } from "./contest.ts";

/** How many real connections are made to each server. */
const connections = budget("CONNECTIONS", 320);
const entrants = decisions.entrants(askedServers(isUsual));

describe.each(entrants)(`the decisions of $opponent and of explain --batch (SEED=${seed})`, ({ start }) => {
  test("name the same line, or refuse in the same words", { timeout: 3_600_000 }, async () => {
    await using contest = await start();
    const { cases } = await expectNoDifference(decisions, contest, ({ cases }) => cases >= connections);
    expect(cases).toBeGreaterThanOrEqual(connections);
  });
});
