import { seededRandom, systemUsers } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareAttempts, difference, newMemory, treeText } from "./compare.ts";
import { expectedOutcomes, expectedPeerOutcomes, expectedTlsOutcomes, outcomeOf } from "./outcomes.ts";
import { rounds } from "./rounds.ts";
import { startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

/** Fresh in every run, and printed: `SEED=n npm test` shows the same files and connections again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many connections are made to each of the twins, at least; if somebody asks for them, their outcomes are shown. */
const asked = process.env["CONNECTIONS"];
const connections = Number(asked ?? 500);

describe(`a PostgreSQL 18 and a gateway before its twin (SEED=${seed})`, () => {
  const outcomes = new Map<string, number>();
  let twins: Twins;
  beforeAll(async () => {
    twins = await startTwins({ tls: true });
  });
  afterAll(async () => {
    await twins[Symbol.asyncDispose]();
  });

  test("cannot be told apart by a client, nor by their logs", { timeout: 3_600_000 }, async () => {
    const uids = await systemUsers();
    const memory = newMemory(twins.salts);
    let [file, made] = [0, 0];
    for (const { tree, attempts, settings } of rounds(seededRandom(seed), {
      connections,
      uids,
      asOthers: twins.knowOsUsers,
    })) {
      const compared = await twins.under(
        tree,
        async (pair) => await compareAttempts(pair, attempts, memory),
        settings,
      );
      for (const one of compared) {
        const outcome = outcomeOf(one);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      const differences = compared.flatMap((one) => difference(one) ?? []);
      const where = `file ${file} of SEED=${seed}: ${differences.length} of ${attempts.length} differ`;
      expect(differences.slice(0, 3).join("\n\n"), `${where}\n${treeText(tree)}`).toBe("");
      made += attempts.length;
      file += 1;
    }
    console.info(`twins: ${made} connections to each, ${file} files, ${outcomes.size} outcomes`);
    if (asked !== undefined) console.info(Object.fromEntries([...outcomes].toSorted(byName)));
    expect(missing([...expectedOutcomes, ...expectedTlsOutcomes])).toEqual([]);
  });

  test("nor by whoever comes over the Unix socket as another OS user", ({ skip }) => {
    skip(!twins.knowOsUsers, "wants root, and a server that an OS user of its own can run");
    expect(missing(expectedPeerOutcomes)).toEqual([]);
  });

  function missing(expected: readonly string[]): readonly string[] {
    return expected.filter((words) => ![...outcomes.keys()].some((outcome) => outcome.startsWith(words)));
  }
});

function byName([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : 1;
}
