import { chmod } from "node:fs/promises";
import { decisionAttempt, mapFiles, systemUsers } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import type { Comparison, Contest } from "../contest.ts";
import { compareDecisions } from "../decisions/compare-decisions.ts";
import type { DecisionOracle } from "../decisions/compare-decisions.ts";
import { startWorld } from "../decisions/decision-world.ts";
import type { DecisionWorld } from "../decisions/decision-world.ts";
import { explainBatch } from "../decisions/explain-batch.ts";
import type { Asked } from "../decisions/explain-batch.ts";
import { knockAs } from "../decisions/knock.ts";
import { treeFor } from "../decisions/tree-for.ts";
import { dialectOf, oneOfEachMajor, opponentName } from "../servers.ts";

/** Each generated pair of files is held against so many real logins. */
const perFile = 30;

/** Peer logins as other OS users, which only root can make: the server's answer and log, and ours. */
export const maps: Comparison = {
  name: "maps",
  usual: ["authenticate", "refused"],
  entrants: (servers) =>
    oneOfEachMajor(servers).map((server) => ({
      unit: "logins",
      opponent: opponentName(server),
      test: `MAJORS=${server.major} npx vitest run test/differential/maps`,
      start: async () => {
        const world = await startWorld(server.major, { settings: { unix_socket_permissions: "0777" } });
        const contest = await mapsContest(world);
        return { ...contest, [Symbol.asyncDispose]: async () => await world[Symbol.asyncDispose]() };
      },
    })),
};

async function mapsContest({ server, major, facts }: DecisionWorld): Promise<Contest> {
  await chmod(server.socketDirectory, 0o711);
  const users = await systemUsers();
  const names = [...users.keys()];
  const files = ["--hba", server.paths.hba, "--ident", server.paths.ident];
  const oracle: DecisionOracle = {
    server,
    major,
    answers: async (attempts) => await explainBatch([...files, ...facts], attempts),
    knock: async (attempt) => await knockAs(server, users.get(attempt.system_user ?? "") ?? 0, attempt),
  };
  return {
    round: async (r) => {
      const tree = treeFor(mapFiles(r, names), dialectOf(major));
      const attempts = r.many(perFile, perFile, () => login(r, names));
      return await compareDecisions(oracle, tree, attempts);
    },
  };
}

/** Some of the logins ask for a role that is called like the OS user, or like what a line may make of that name. */
function login(r: Random, names: readonly string[]): Asked {
  const systemUser = names[r.below(names.length)] ?? "";
  return {
    ...decisionAttempt(r, []),
    address: null,
    ssl: false,
    ...(r.chance(0.5) ? { user: r.chance(0.5) ? systemUser : made(r, systemUser) } : {}),
    system_user: systemUser,
  };
}

/** What may stand in place of `\1`, and what comes of it among other letters. */
function made(r: Random, name: string): string {
  const [from, to] = [r.below(3), name.length - r.below(3)];
  const group = r.chance(0.5) ? name : name.slice(from, to);
  return (
    r.pick([group, group, `${group}${group}`, String.raw`${group}\1`, `bob${group}`, `b${group}b`]) || name
  );
}
