import { decisionAttempt, decisionRules, seededRandom } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareDecisions } from "./compare-decisions.ts";
import type { DecisionOracle } from "./compare-decisions.ts";
import { clientAddresses, startWorld } from "./decision-world.ts";
import type { ClientAddresses, DecisionWorld } from "./decision-world.ts";
import { dialectOf, majors, treeFor } from "./majors.ts";
import { knock } from "./knock.ts";
import { explainBatch } from "./explain-batch.ts";
import type { Asked } from "./explain-batch.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files and attempts again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many real connections are made. */
const connections = Number(process.env["CONNECTIONS"] ?? 320);
/** Each generated file is held against so many of them. */
const perFile = 40;

describe.each(majors)(
  `the decisions of PostgreSQL %s and those of explain --batch (SEED=${seed})`,
  (major) => {
    let world: DecisionWorld;
    beforeAll(async () => {
      world = await startWorld(major, { tcp: true, ssl: true });
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    test("name the same line, or refuse in the same words", { timeout: 3_600_000 }, async () => {
      const { server, facts } = world;
      const r = seededRandom(seed);
      const addresses = await clientAddresses(r, server.port);
      const oracle: DecisionOracle = {
        server,
        major,
        answers: async (attempts) => await explainBatch(["--hba", server.paths.hba, ...facts], attempts),
        knock: async (attempt) => await knock(server, attempt),
      };
      const outcomes = new Map<string, number>();
      for (let file = 0; file * perFile < connections; file += 1) {
        const hostNames = addresses.named.length > 0 && r.chance(0.3);
        // A password asked for makes every version say which line it was.
        const admits = file % 2 === 0 ? "password" : "trust";
        const made = decisionRules(r, { lines: 10 + r.below(60), hostNames, admits });
        const tree = treeFor(made, dialectOf(major));
        const attempts = r.many(perFile, perFile, () => attempt(r, addresses, hostNames));
        const compared = await compareDecisions(oracle, tree, attempts);
        for (const [word, count] of compared.outcomes) outcomes.set(word, (outcomes.get(word) ?? 0) + count);
        expect(compared.differences.slice(0, 4), `file ${file} of SEED=${seed}`).toEqual([]);
      }
      console.info(`decisions of ${major}:`, Object.fromEntries(outcomes));
      const seldom = ["authenticate", "reject", "no_entry"].filter(
        (word) => (outcomes.get(word) ?? 0) < connections / 100,
      );
      expect(seldom).toEqual([]);
    });
  },
);

/** Where the server asks for names, the clients are those whose names are known. */
function attempt(r: Random, { all, named }: ClientAddresses, hostNames: boolean): Asked {
  if (!hostNames) return decisionAttempt(r, all);
  const names = new Map(named.map(({ address, hostname }) => [address, hostname]));
  const made = decisionAttempt(r, [...names.keys()]);
  const hostname = made.address === null ? undefined : names.get(made.address);
  return hostname === undefined ? made : { ...made, hostname };
}
