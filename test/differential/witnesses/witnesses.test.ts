import { describe, expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { witnesses } from "./contest.ts";

/** How many changes are tried with each server, each with the old file and with the new one. */
const changes = budget("WITNESSES", 60);
const entrants = witnesses.entrants(askedServers(isUsual));

describe.each(entrants)(`$opponent and the witnesses of diff (SEED=${seed})`, ({ start }) => {
  test("does with the old file and with the new one what diff says", { timeout: 3_600_000 }, async () => {
    await using contest = await start();
    const { cases } = await expectNoDifference(witnesses, contest, ({ cases }) => cases >= changes);
    expect(cases).toBeGreaterThanOrEqual(changes);
  });
});
