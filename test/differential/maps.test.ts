import { chmod } from "node:fs/promises";
import { decisionAttempt, mapFiles, seededRandom, systemUsers } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareDecisions } from "./compare-decisions.ts";
import type { DecisionOracle } from "./compare-decisions.ts";
import { startWorld } from "./decision-world.ts";
import type { DecisionWorld } from "./decision-world.ts";
import { explainBatch } from "./explain-batch.ts";
import type { Asked } from "./explain-batch.ts";
import { dialectOf, majors, treeFor } from "./majors.ts";
import { knockAs } from "./knock.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files and logins again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many real logins are made. */
const logins = Number(process.env["LOGINS"] ?? 240);
const perFile = 30;

const isRoot = process.geteuid?.() === 0;

describe.skipIf(!isRoot).each(majors)(
  `the maps of PostgreSQL %s and those of explain --batch (SEED=${seed})`,
  (major) => {
    let world: DecisionWorld;
    beforeAll(async () => {
      world = await startWorld(major, { settings: { unix_socket_permissions: "0777" } });
      await chmod(world.server.socketDirectory, 0o711);
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    test("let the same OS users be the same roles", { timeout: 3_600_000 }, async () => {
      const { server, facts } = world;
      const r = seededRandom(seed);
      const users = await systemUsers();
      const files = ["--hba", server.paths.hba, "--ident", server.paths.ident];
      const oracle: DecisionOracle = {
        server,
        major,
        answers: async (attempts) => await explainBatch([...files, ...facts], attempts),
        knock: async (attempt) => await knockAs(server, users.get(attempt.system_user ?? "") ?? 0, attempt),
      };
      const names = [...users.keys()];
      const outcomes = new Map<string, number>();
      for (let file = 0; file * perFile < logins; file += 1) {
        const tree = treeFor(mapFiles(r, names), dialectOf(major));
        const attempts = r.many(perFile, perFile, () => login(r, names));
        const compared = await compareDecisions(oracle, tree, attempts);
        for (const [word, count] of compared.outcomes) outcomes.set(word, (outcomes.get(word) ?? 0) + count);
        expect(compared.differences.slice(0, 4), `file ${file} of SEED=${seed}`).toEqual([]);
      }
      console.info(`maps of ${major}:`, Object.fromEntries(outcomes));
      const seldom = ["authenticate", "refused"].filter((word) => (outcomes.get(word) ?? 0) < logins / 100);
      expect(seldom).toEqual([]);
    });
  },
);

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
