import { seededRandom, startPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createByteDatabase } from "./byte-database.ts";
import { compareGenerated, compareTree, embeddedProfile } from "./compare-views.ts";
import type { Oracle } from "./compare-views.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** Generated files, of about a hundred lines each, for each server and each kind of file. */
const trees = Number(process.env["TREES"] ?? 25);

describe.each([
  { ssl: true, libraries: "" },
  { ssl: false, libraries: "x" },
  { ssl: true, libraries: "x, y" },
])(
  `the views of PostgreSQL 18 and ours (SEED=${seed}), ssl $ssl, oauth "$libraries"`,
  ({ ssl, libraries }) => {
    let oracle: Oracle;
    beforeAll(async () => {
      const settings = { oauth_validator_libraries: libraries };
      oracle = {
        server: await startPostgres({ ssl, settings }),
        profile: embeddedProfile({ ssl, ...settings }),
      };
      await createByteDatabase(oracle.server);
    });
    afterAll(async () => {
      await oracle.server.stop();
    });

    test("show a range of bytes that is no range of characters", async () => {
      const bytes = "local all /[\xc3\xa9-\xc3\xa0] trust\nlocal all /[\xff-\xfe] trust\n";
      const tree = new Map([["pg_hba.conf", { kind: "file", bytes, readable: true } as const]]);
      const compared = await compareTree(oracle, tree, "pg_hba.conf");
      expect(compared).toEqual({ rows: 2, regexes: 1, differences: [] });
    });

    test.each(["pg_hba.conf", "pg_ident.conf"] as const)(
      "show the same of %s",
      { timeout: 3_600_000 },
      async (which) => {
        const r = seededRandom(seed);
        let rows = 0;
        let regexes = 0;
        for (let tree = 0; tree < trees; tree += 1) {
          const compared = await compareGenerated(oracle, r, which, 100);
          rows += compared.rows;
          regexes += compared.regexes;
          expect(compared.differences.slice(0, 3), `tree ${tree} of SEED=${seed}`).toEqual([]);
        }
        console.info(`${which}: ${rows} rows compared, ${regexes} with a mistake in a regular expression`);
        expect(rows).toBeGreaterThan(trees * 50);
        expect(regexes).toBeGreaterThan(trees);
      },
    );
  },
);
