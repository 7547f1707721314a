import { isDeepStrictEqual } from "node:util";
import { compilePolicy, decide } from "@sallyport/policy";
import type { Random } from "@sallyport/testkit";
import { count } from "../contest.ts";
import type { Comparison, Round } from "../contest.ts";
import { treeFor } from "../decisions/tree-for.ts";
import { loadingPolicy } from "../laws/policy-of.ts";
import { attemptOf, factsOf, someProfile, treeOf } from "../laws/some-attempt.ts";

/** Each generated file is held against so many attempts. */
const perFile = 200;

/** The index over the rules of a file, and the plain list of them. No server is needed for this. */
export const compiled: Comparison = {
  name: "compiled",
  usual: ["authenticate", "reject", "no_entry", "refused", "unknown"],
  entrants: () => [
    {
      unit: "attempts",
      opponent: "the plain list of rules",
      test: "npx vitest run test/differential/compiled",
      start: async () =>
        await Promise.resolve({
          round: async (r: Random) => await Promise.resolve(compiledRound(r)),
          [Symbol.asyncDispose]: async () => await Promise.resolve(),
        }),
    },
  ],
};

function compiledRound(r: Random): Round {
  const differences: string[] = [];
  const outcomes = new Map<string, number>();
  const options = someProfile(r);
  const plain = loadingPolicy((dialect) => treeFor(treeOf(r), dialect), options);
  const index = compilePolicy(plain);
  for (let at = 0; at < perFile; at += 1) {
    const [attempt, facts] = [attemptOf(r), factsOf(r)];
    const expected = decide(plain, attempt, facts);
    if (!isDeepStrictEqual(decide(index, attempt, facts), expected))
      differences.push(JSON.stringify({ attempt, expected: expected.outcome }));
    count(outcomes, expected.outcome);
  }
  return { cases: perFile, outcomes, differences };
}
