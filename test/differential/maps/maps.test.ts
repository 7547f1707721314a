import { describe, expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { maps } from "./contest.ts";

/** How many real logins are made at each server. */
const logins = budget("LOGINS", 240);
const entrants = maps.entrants(askedServers(isUsual));

describe.skipIf(process.geteuid?.() !== 0).each(entrants)(
  `the maps of $opponent and of explain --batch (SEED=${seed})`,
  ({ start }) => {
    test("let the same OS users be the same roles", { timeout: 3_600_000 }, async () => {
      await using contest = await start();
      const { cases } = await expectNoDifference(maps, contest, ({ cases }) => cases >= logins);
      expect(cases).toBeGreaterThanOrEqual(logins);
    });
  },
);
