import { regexPattern, regexSubject, seededRandom, startPostgres } from "@sallyport/testkit";
import type { Dialect } from "@sallyport/policy";
import type { TestPostgres } from "@sallyport/testkit";
import type { Client } from "@sallyport/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dialectOf, majors } from "./majors.ts";
import { ourAnswer, regexOracle, serverAnswers } from "./regex-oracle.ts";
import type { Pair } from "./regex-oracle.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same pairs again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many patterns meet a subject. */
const wanted = Number(process.env["PAIRS"] ?? 4_000);
const perBatch = 2_000;

describe.each(majors)(`the regular expressions of PostgreSQL %s and ours (SEED=${seed})`, (major) => {
  const dialect = dialectOf(major);
  let server: TestPostgres;
  let oracle: Client;
  beforeAll(async () => {
    server = await startPostgres({ major });
    oracle = await regexOracle(server);
  });
  afterAll(async () => {
    await oracle.close();
    await server[Symbol.asyncDispose]();
  });

  test("match the same, capture the same, fail in the same words", { timeout: 7_200_000 }, async () => {
    const r = seededRandom(seed);
    const outcomes = new Map<string, number>();
    for (let done = 0; done < wanted; done += perBatch) {
      const pairs = r
        .many(perBatch / 4, perBatch / 4, () => regexPattern(r))
        .flatMap((pattern) => r.many(4, 4, () => ({ pattern, subject: regexSubject(r) })));
      const theirs = await serverAnswers(oracle, pairs);
      for (const answer of theirs) {
        const word = answer.startsWith("error")
          ? (answer.split(": ")[1] ?? answer)
          : (answer.split("\x01")[0] ?? "");
        outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
      }
      expect(differences(pairs, theirs, dialect), `after ${done} pairs of SEED=${seed}`).toEqual([]);
    }
    console.info(`regular expressions of ${major}:`, Object.fromEntries(outcomes));
    const seldom = ["yes", "no"].filter((word) => (outcomes.get(word) ?? 0) < wanted / 20);
    expect(seldom).toEqual([]);
  });
});

/** The first of them. */
function differences(pairs: readonly Pair[], theirs: readonly string[], dialect: Dialect): unknown[] {
  return (
    pairs
      .map((pair, at) => ({ ...pair, server: theirs[at], ours: ourAnswer(pair, dialect) }))
      // How large an automaton may become is another matter for a server (docs/differences.md).
      .filter(
        ({ server, ours }) =>
          server !== ours && server?.endsWith(": regular expression is too complex") !== true,
      )
      .slice(0, 8)
  );
}
