import { decisionRules } from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";
import type { Comparison, Contest, Round } from "../contest.ts";
import { count } from "../contest.ts";
import { compareDecisions } from "../decisions/compare-decisions.ts";
import { startWorld } from "../decisions/decision-world.ts";
import type { DecisionWorld } from "../decisions/decision-world.ts";
import type { Asked } from "../decisions/explain-batch.ts";
import { knock } from "../decisions/knock.ts";
import { treeFor } from "../decisions/tree-for.ts";
import { dialectOf, oneOfEachMajor, opponentName } from "../servers.ts";
import { askDiff } from "./ask-diff.ts";
import type { AskedChange } from "./ask-diff.ts";
import { editedTree } from "./edit.ts";

/** Of each pair of files so many changes are tried at most. */
const perPair = 20;

/** Witnesses of `diff`, knocking at a server with the old file and with the new one: both times it does what `diff` says. */
export const witnesses: Comparison = {
  name: "witnesses",
  usual: ["widening", "narrowing", "changed"],
  entrants: (servers) =>
    oneOfEachMajor(servers).map((server) => ({
      unit: "witnesses",
      opponent: opponentName(server),
      test: `MAJORS=${server.major} npx vitest run test/differential/witnesses`,
      start: async () => {
        const world = await startWorld(server.major, { tcp: true, ssl: true });
        const contest = witnessesContest(world);
        return { ...contest, [Symbol.asyncDispose]: async () => await world[Symbol.asyncDispose]() };
      },
    })),
};

function witnessesContest({ server, major, facts }: DecisionWorld): Contest {
  async function compareSide(
    tree: Tree,
    side: "old" | "new",
    changes: readonly AskedChange[],
  ): Promise<Round> {
    const oracle = {
      server,
      major,
      answers: async () => await Promise.resolve(changes.map((change) => change[side])),
      knock: async (attempt: Asked) => await knock(server, attempt),
    };
    const attempts = changes.map(({ witness }) => witness);
    return await compareDecisions(oracle, tree, attempts);
  }

  return {
    round: async (r) => {
      const sides = pairOfTrees(r, (tree) => treeFor(tree, dialectOf(major)));
      const changes = await askDiff(sides, facts, server.paths.dataDirectory);
      const outcomes = new Map<string, number>();
      if (changes === null) return { cases: 0, outcomes, differences: [] };
      const tried = changes.filter(({ witness }) => canKnock(witness)).slice(0, perPair);
      if (tried.length === 0) return { cases: 0, outcomes, differences: [] };
      const old = await compareSide(sides.old, "old", tried);
      const now = await compareSide(sides.new, "new", tried);
      for (const { kind } of tried) count(outcomes, kind);
      return {
        cases: tried.length,
        outcomes,
        differences: [
          ...old.differences.map((text) => `with the old file: ${text}`),
          ...now.differences.map((text) => `with the new file: ${text}`),
        ],
        about: [old.about, now.about].join("=== edited\n"),
      };
    },
  };
}

/** From there, and as that: names of bytes that are no text are not told in JSON, and nobody can have an empty one. */
function canKnock({ address, gssenc, user, database = user }: AskedChange["witness"]): boolean {
  const names = [user, database];
  return !gssenc && canBind(address) && names.every((name) => name !== "" && !name.includes("\ufffd"));
}

/** Every machine has all addresses of 127.0.0.0/8 but the first and the last one. */
function canBind(address: string | null): boolean {
  if (address === null || address === "::1") return true;
  return address.startsWith("127.") && address !== "127.0.0.0" && address !== "127.255.255.255";
}

function pairOfTrees(r: Random, readable: (tree: Tree) => Tree): Readonly<Record<"old" | "new", Tree>> {
  const [old, other] = [made(r), made(r)];
  return { old: readable(old), new: readable(editedTree(r, old, other)) };
}

/** A password asked for makes every version say which line it was. */
function made(r: Random): Tree {
  const admits = r.pick<"password" | "trust">(["password", "password", "trust"]);
  return decisionRules(r, { lines: 5 + r.below(30), hostNames: false, admits });
}
