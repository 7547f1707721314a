import { seededRandom, startPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareGenerated, embeddedProfile, unopened } from "./compare-views.ts";
import type { Oracle } from "./compare-views.ts";
import { often } from "./histogram.ts";
import { viewsHistogram } from "./observe.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** Generated files, of about a hundred lines each, for each server and each kind of file. */
const trees = Number(process.env["TREES"] ?? 25);
/** Of a run as long as this, all that there is to bring about is asked. */
const long = trees >= 300;
const histogram = viewsHistogram();

describe.each([
  { at: 0, ssl: true, libraries: "" },
  { at: 1, ssl: false, libraries: "x" },
  { at: 2, ssl: true, libraries: "x, y" },
  ...(long ? [{ at: 3, ssl: false, libraries: '"x' }] : []),
])(
  `the views of PostgreSQL 18 and ours (SEED=${seed}), ssl $ssl, oauth "$libraries"`,
  ({ at, ssl, libraries }) => {
    let oracle: Oracle;
    beforeAll(async () => {
      const settings = { oauth_validator_libraries: libraries };
      oracle = {
        server: await startPostgres({ ssl, settings }),
        profile: embeddedProfile({ ssl, ...settings }),
        histogram,
      };
      histogram.ask(oracle.profile);
    });
    afterAll(async () => {
      await oracle.server.stop();
    });

    test.each([
      ["pg_hba.conf", null, "No such file or directory"],
      ["pg_hba.conf", 0, "Permission denied"],
      ["pg_ident.conf", null, "No such file or directory"],
      ["pg_ident.conf", 0, "Permission denied"],
    ] as const)("say the same of a %s that cannot be opened (mode %s)", async (which, mode, reason) => {
      const { theirs, ours } = await unopened(oracle, which, mode);
      expect(theirs).toContain(reason);
      expect(ours).toBe(theirs);
    });

    test.each(["pg_hba.conf", "pg_ident.conf"] as const)(
      "show the same of %s",
      { timeout: 3_600_000 },
      async (which) => {
        const r = seededRandom(seed + at);
        let rows = 0;
        let regexes = 0;
        for (let tree = 0; tree < trees; tree += 1) {
          const compared = await compareGenerated(oracle, r, which, 100);
          rows += compared.rows;
          regexes += compared.regexes;
          expect(compared.differences.slice(0, 3), `tree ${tree} of SEED=${seed}`).toEqual([]);
        }
        console.info(`${which}: ${rows} rows compared, ${regexes} with a regular expression left out`);
        expect(rows).toBeGreaterThan(trees * 50);
      },
    );
  },
);

describe("the generated files", () => {
  test("have nothing in them that no table knows", () => {
    console.info(`views: ${histogram.summary()}`);
    expect(histogram.unknown()).toEqual([]);
  });

  test.runIf(long)("bring about all that there is, and often", () => {
    console.info(histogram.table());
    expect(histogram.seldom(often)).toEqual([]);
  });
});
