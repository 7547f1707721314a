import { regexPattern, regexSubject, startPostgres } from "@sallyport/testkit";
import type { Random, ServerBuild } from "@sallyport/testkit";
import { count, oneSided, tooComplex } from "../contest.ts";
import type { Comparison, Contest, Round } from "../contest.ts";
import { dialectOf, oneOfEachMajor, opponentName } from "../servers.ts";
import { ourAnswer, regexOracle, serverAnswers } from "./regex-oracle.ts";
import type { Pair } from "./regex-oracle.ts";

/** So many patterns meet so many subjects each in one round. */
const patterns = 250;
const subjects = 4;

/** Patterns and subjects in bulk: does it match, where, what do the groups capture, how does it fail? */
export const regex: Comparison = {
  name: "regex",
  usual: ["yes", "no"],
  entrants: (servers) =>
    oneOfEachMajor(servers).map((server) => ({
      unit: "pairs",
      opponent: opponentName(server),
      test: `MAJORS=${server.major} npx vitest run test/differential/regex`,
      start: async () => await startRegex(server),
    })),
};

async function startRegex({ major, build }: ServerBuild): Promise<Contest & AsyncDisposable> {
  const server = await startPostgres({ major, build });
  const oracle = await regexOracle(server);
  const dialect = dialectOf(major);
  return {
    round: async (r) => {
      const pairs = pairsOf(r);
      const theirs = await serverAnswers(oracle, pairs);
      return compareAnswers(
        pairs,
        theirs,
        pairs.map((pair) => ourAnswer(pair, dialect)),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await oracle.close();
      await server.stop();
    },
  };
}

function pairsOf(r: Random): Pair[] {
  return r
    .many(patterns, patterns, () => regexPattern(r))
    .flatMap((pattern) => r.many(subjects, subjects, () => ({ pattern, subject: regexSubject(r) })));
}

function compareAnswers(pairs: readonly Pair[], theirs: readonly string[], ours: readonly string[]): Round {
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  for (const [at, pair] of pairs.entries()) {
    const [expected = "", got = ""] = [theirs[at], ours[at]];
    count(outcomes, outcomeOf(expected));
    if (expected === got) continue;
    if (expected.endsWith(tooComplex) !== got.endsWith(tooComplex)) count(outcomes, oneSided);
    else differences.push(JSON.stringify({ ...pair, server: expected, ours: got }));
  }
  return { cases: pairs.length, outcomes, differences };
}

/** `yes`, `no`, or what an error says. */
function outcomeOf(answer: string): string {
  const [word = ""] = answer.split("\x01");
  return word === "error" ? (answer.split(": ")[1] ?? answer) : word;
}
