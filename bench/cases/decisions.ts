import { compilePolicy } from "@sallyport/policy";
import { policyOfTexts } from "@sallyport/testkit";
import type { Case } from "../case.ts";
import { adversaries } from "../decisions/adversaries.ts";
import { compareDecisions, decisions } from "../decisions/asked.ts";
import { estate } from "../decisions/estate.ts";
import { heap, times } from "../decisions/measure.ts";
import { compare } from "../result.ts";
import type { Result } from "../result.ts";
import { median } from "../statistics.ts";

const sizes = [10, 1000, 100_000, 1_000_000];
const attempts = 100_000;
const rounds = 20;

/** A decision with many rules may take so many times as long as one with few. */
const slowdown = 4;

/** What the clock of a busy machine makes of two equal times. */
const noise = 1.1;

/** One decision with few rules and with many. */
export const decisionsBySize: Case = {
  name: "decisions-by-size",
  long: true,
  run: async () => {
    const memory: Result[] = [];
    const works = sizes.map((size) => {
      const asked = estate(size, attempts);
      const empty = heap();
      const policy = policyOfTexts(asked.hba);
      const plain = heap();
      const compiled = compilePolicy(policy);
      if (size === sizes.at(-1)) memory.push(memoryOfIndex(size, heap() - plain, plain - empty));
      // As many as the plain scan can do in some seconds.
      const some = asked.attempts.slice(0, Math.ceil(1e7 / size / 2));
      compareDecisions(policy, compiled, { ...asked, attempts: some.slice(0, 5000) });
      return decisions(compiled, asked, rounds);
    });
    const [few = [], ...others] = nanoseconds(times(works, rounds), attempts);
    const results = others.map((many, at) =>
      promise(`decision, ${sizes[at + 1]} rules`, many, `${sizes[0]} rules`, few, slowdown),
    );
    return await Promise.resolve([...results, ...memory]);
  },
};

/** The index beside the plain scan of the same rules, which it must not be slower than. */
export const decisionsBesideScan: Case = {
  name: "decisions-beside-scan",
  run: async () => {
    const mixes = {
      ...adversaries,
      "an estate of 10": () => estate(10, 20_000),
      "an estate of 1000": () => estate(1000, 2000),
    };
    const results = Object.entries(mixes).map(([name, make]) => {
      const asked = make();
      const policy = policyOfTexts(asked.hba);
      const compiled = compilePolicy(policy);
      compareDecisions(policy, compiled, { ...asked, attempts: asked.attempts.slice(0, 200) });
      const works = [decisions(policy, asked, rounds), decisions(compiled, asked, rounds)];
      const [scan = [], index = []] = nanoseconds(times(works, rounds), asked.attempts.length);
      return promise(`decision: ${name}`, index, "the plain scan", scan, noise);
    });
    return await Promise.resolve(results);
  },
};

/** @param milliseconds of rounds, in each of which an equal part of the attempts was decided */
function nanoseconds(milliseconds: readonly (readonly number[])[], attempts: number): number[][] {
  return milliseconds.map((seen) => seen.map((time) => (time * 1e6) / Math.ceil(attempts / rounds)));
}

/** @param atMost how many times as long as theirs ours may take */
function promise(
  name: string,
  ours: readonly number[],
  peer: string,
  theirs: readonly number[],
  atMost: number,
): Result {
  const peers = new Map([[peer, compare(ours, theirs, "less", 1 / atMost)]]);
  return { name, unit: "ns", ours: median(ours), peers, cpu: new Map(), strict: true };
}

function memoryOfIndex(size: number, index: number, rules: number): Result {
  const [ours, theirs] = [[index / 1e6], [rules / 1e6]];
  const peers = new Map([["the rules", compare(ours, theirs, "less")]]);
  return {
    name: `index of ${size} rules`,
    unit: "MB",
    ours: median(ours),
    peers,
    cpu: new Map(),
    strict: false,
  };
}
