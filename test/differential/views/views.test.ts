import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askedServers, budget, expectNoDifference, isUsual, seed } from "../budget.ts";
import { opponentName } from "../servers.ts";
import { compareTree, startOracle, unopened } from "./compare-views.ts";
import type { Oracle } from "./compare-views.ts";
import { settingsName, views, viewsContest, worldsOf } from "./contest.ts";
import { often } from "./histogram.ts";
import { viewsHistogram } from "./observe.ts";

/** Generated files, of about a hundred lines each, for each server, each of its settings and each kind of file. */
const trees = budget("TREES", 10);
const histogram = viewsHistogram();

// Debian's 15 is the one that knows GSSAPI, LDAP and PAM.
const servers = askedServers((server) => isUsual(server) || server.setup === "--servers");
const worlds = servers.flatMap(worldsOf).map((world) => {
  const { server, settings } = world;
  return Object.assign(world, { opponent: opponentName(server), set: settingsName(server, settings) });
});

test("there is a server to ask", () => {
  expect(servers).not.toEqual([]);
});

describe.each(worlds)(
  `the views of $opponent, $set, and ours (SEED=${seed})`,
  ({ server, settings, files }) => {
    let oracle: Oracle;
    beforeAll(async () => {
      oracle = await startOracle(server, settings, histogram);
    });
    afterAll(async () => {
      await oracle.server.stop();
    });

    test.runIf(server.major >= 16)("show a range of bytes that is no range of characters", async () => {
      const bytes = "local all /[\xc3\xa9-\xc3\xa0] trust\nlocal all /[\xff-\xfe] trust\n";
      const tree = new Map([["pg_hba.conf", { kind: "file", bytes, readable: true } as const]]);
      const compared = await compareTree(oracle, tree, "pg_hba.conf");
      expect(compared).toMatchObject({ cases: 2, differences: [] });
    });

    test.each(
      files.flatMap((which) => [
        [which, null, "No such file or directory"] as const,
        [which, 0, "Permission denied"] as const,
      ]),
    )("say the same of a %s that cannot be opened (mode %s)", async (which, mode, reason) => {
      const { theirs, ours } = await unopened(oracle, which, mode);
      expect(theirs).toContain(reason);
      expect(ours).toBe(theirs);
    });

    test.each(files)("show the same of %s", { timeout: 3_600_000 }, async (which) => {
      const contest = viewsContest(oracle, which);
      const { cases } = await expectNoDifference(views(histogram), contest, ({ rounds }) => rounds >= trees);
      expect(cases).toBeGreaterThan(trees * 50);
    });
  },
);

describe("the generated files", () => {
  test("have nothing in them that no table knows", () => {
    console.info(`views: ${histogram.summary()}`);
    expect(histogram.unknown()).toEqual([]);
  });

  // Of a run as long as this, all that there is to bring about is asked.
  test.runIf(trees >= 300)("bring about all that there is, and often", () => {
    console.info(histogram.table());
    expect(histogram.seldom(often)).toEqual([]);
  });
});
