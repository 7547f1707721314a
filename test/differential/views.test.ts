import { isInstalled, seededRandom, serverBuilds } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareGenerated, compareTree, startOracle, unopened } from "./compare-views.ts";
import type { Oracle, ServerSettings } from "./compare-views.ts";
import { often } from "./histogram.ts";
import { viewsHistogram } from "./observe.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** Generated files, of about a hundred lines each, for each server and each kind of file. */
const trees = Number(process.env["TREES"] ?? 10);
/** Of a run as long as this, all that there is to bring about is asked. */
const long = trees >= 300;
const histogram = viewsHistogram();
/** Which servers are asked: `MAJORS=10,15`; default: those that `npm test` installs. */
const majors = process.env["MAJORS"]?.split(",").map(Number);

const servers = serverBuilds.filter(
  (server) =>
    (majors ? majors.includes(server.major) : ["", "--servers"].includes(server.setup)) &&
    isInstalled(server),
);

const settings: readonly ServerSettings[] = [
  { ssl: true, libraries: "", db_user_namespace: false },
  { ssl: false, libraries: "x", db_user_namespace: true },
  { ssl: true, libraries: "x, y", db_user_namespace: false },
  ...(trees >= 20 ? [{ ssl: false, libraries: '"x', db_user_namespace: false }] : []),
];

test("there is a server to ask", () => {
  expect(servers).not.toEqual([]);
});

describe.each(
  // What differs in the libraries alone is for those that know oauth.
  servers
    .flatMap((server) =>
      (server.major < 18 ? settings.slice(0, 2) : settings).map((set) =>
        Object.assign({ server }, server, set),
      ),
    )
    .map((one, at) => Object.assign(one, { at })),
)(
  `the views of PostgreSQL $major, $build build, and ours (SEED=${seed}), ssl $ssl, oauth "$libraries"`,
  ({ server, at, ...set }) => {
    let oracle: Oracle;
    beforeAll(async () => {
      oracle = await startOracle(server, set, histogram);
    });
    afterAll(async () => {
      await oracle.server.stop();
    });

    test.runIf(server.major >= 16)("show a range of bytes that is no range of characters", async () => {
      const bytes = "local all /[\xc3\xa9-\xc3\xa0] trust\nlocal all /[\xff-\xfe] trust\n";
      const tree = new Map([["pg_hba.conf", { kind: "file", bytes, readable: true } as const]]);
      const compared = await compareTree(oracle, tree, "pg_hba.conf");
      expect(compared).toEqual({ rows: 2, differences: [] });
    });

    // A server before 15 has no view of its maps.
    const files = ["pg_hba.conf", ...(server.major < 15 ? [] : ["pg_ident.conf" as const])] as const;

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
      const r = seededRandom(seed + at);
      let rows = 0;
      for (let tree = 0; tree < trees; tree += 1) {
        const compared = await compareGenerated(oracle, r, which, 100);
        rows += compared.rows;
        expect(compared.differences.slice(0, 3), `tree ${tree} of SEED=${seed}`).toEqual([]);
      }
      console.info(`${which} of ${oracle.server.version}: ${rows} rows compared`);
      expect(rows).toBeGreaterThan(trees * 50);
    });
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
