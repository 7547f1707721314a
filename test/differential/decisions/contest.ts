import { decisionAttempt, decisionRules } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import type { Comparison, Contest } from "../contest.ts";
import { dialectOf, oneOfEachMajor, opponentName } from "../servers.ts";
import { compareDecisions } from "./compare-decisions.ts";
import type { DecisionOracle } from "./compare-decisions.ts";
import { clientAddresses, machineAddresses, startWorld } from "./decision-world.ts";
import type { ClientAddresses, DecisionWorld } from "./decision-world.ts";
import { explainBatch } from "./explain-batch.ts";
import type { Asked } from "./explain-batch.ts";
import { knock } from "./knock.ts";
import { treeFor } from "./tree-for.ts";

/** Each generated file is held against so many real connections. */
const perFile = 40;

/** Real connections: the server's answer and log, and ours. */
export const decisions: Comparison = {
  name: "decisions",
  usual: ["authenticate", "reject", "no_entry"],
  entrants: (servers) =>
    oneOfEachMajor(servers).map((server) => ({
      unit: "connections",
      opponent: opponentName(server),
      test: `MAJORS=${server.major} npx vitest run test/differential/decisions`,
      start: async () => {
        const world = await startWorld(server.major, { tcp: true, ssl: true });
        const contest = await decisionsContest(world);
        return { ...contest, [Symbol.asyncDispose]: async () => await world[Symbol.asyncDispose]() };
      },
    })),
};

async function decisionsContest({ server, major, facts }: DecisionWorld): Promise<Contest> {
  const machine = await machineAddresses(server.port);
  const oracle: DecisionOracle = {
    server,
    major,
    answers: async (attempts) => await explainBatch(["--hba", server.paths.hba, ...facts], attempts),
    knock: async (attempt) => await knock(server, attempt),
  };
  return {
    round: async (r) => {
      const addresses = clientAddresses(r, machine);
      const hostNames = addresses.named.size > 0 && r.chance(0.3);
      // A password asked for makes every version say which line it was.
      const admits = r.pick<"password" | "trust">(["password", "trust"]);
      const made = decisionRules(r, { lines: 10 + r.below(60), hostNames, admits });
      const attempts = r.many(perFile, perFile, () => attempt(r, addresses, hostNames));
      return await compareDecisions(oracle, treeFor(made, dialectOf(major)), attempts);
    },
  };
}

/** Where the server asks for names, the clients are those whose names are known. */
function attempt(r: Random, { all, named }: ClientAddresses, hostNames: boolean): Asked {
  if (!hostNames) return decisionAttempt(r, all);
  const made = decisionAttempt(r, [...named.keys()]);
  const hostname = made.address === null ? undefined : named.get(made.address);
  return hostname === undefined ? made : { ...made, hostname };
}
