import { isDeepStrictEqual } from "node:util";
import { compilePolicy, decide } from "@sallyport/policy";
import { seededRandom } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { treeFor } from "./majors.ts";
import { loadingPolicy } from "./policy-of.ts";
import { attemptOf, factsOf, someProfile, treeOf } from "./some-attempt.ts";

/** Fresh in every run, and printed: `SEED=n` shows the same files and attempts again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many attempts are decided both ways. */
const asked = Number(process.env["COMPILED"] ?? 20_000);
/** Each generated file is held against so many of them. */
const perFile = 200;

describe(`a compiled policy and the plain list of its rules (SEED=${seed})`, () => {
  test("come to the same decision", { timeout: 3_600_000 }, () => {
    const r = seededRandom(seed);
    const differences: string[] = [];
    const outcomes = new Map<string, number>();
    for (let file = 0; file * perFile < asked; file += 1) {
      const options = someProfile(r);
      const plain = loadingPolicy((dialect) => treeFor(treeOf(r), dialect), options);
      const compiled = compilePolicy(plain);
      for (let at = 0; at < perFile; at += 1) {
        const [attempt, facts] = [attemptOf(r), factsOf(r)];
        const expected = decide(plain, attempt, facts);
        if (!isDeepStrictEqual(decide(compiled, attempt, facts), expected))
          differences.push(`file ${file}: ${JSON.stringify(attempt)}`);
        outcomes.set(expected.outcome, (outcomes.get(expected.outcome) ?? 0) + 1);
      }
    }
    console.info("compiled:", Object.fromEntries(outcomes));
    expect(differences).toEqual([]);
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["authenticate", "reject", "no_entry", "refused", "unknown"]),
    );
  });
});
