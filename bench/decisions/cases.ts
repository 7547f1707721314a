import { compilePolicy } from "@sallyport/policy";
import { policyOfTexts } from "@sallyport/testkit";
import { adversaries } from "./adversaries.ts";
import { compare, decisions } from "./asked.ts";
import { estate } from "./estate.ts";
import { heap, ratios } from "./measure.ts";
import type { Figure } from "./measure.ts";

const sizes = [10, 1000, 100_000, 1_000_000];
const attempts = 100_000;
const rounds = 20;

/** What the clock of a busy machine makes of two equal times. */
const noise = 1.1;

/** One decision with few rules and with many. */
export function decisionsBySize(): Figure[] {
  const memory: Figure[] = [];
  const works = sizes.map((size) => {
    const asked = estate(size, attempts);
    const empty = heap();
    const policy = policyOfTexts(asked.hba);
    const plain = heap();
    const compiled = compilePolicy(policy);
    if (size === sizes.at(-1)) {
      const ratio = (heap() - plain) / (plain - empty);
      memory.push({ name: `memory of the index of ${size} rules`, peer: "the rules", ratio, atMost: null });
    }
    // As many as the plain scan can do in some seconds.
    const some = asked.attempts.slice(0, Math.ceil(1e7 / size / 2));
    compare(policy, compiled, { ...asked, attempts: some.slice(0, 5000) });
    return decisions(compiled, asked, rounds);
  });
  const [, ...others] = ratios(works, rounds);
  const figures = others.map((ratio, at) => ({
    name: `a decision with ${sizes[at + 1]} rules`,
    peer: `with ${sizes[0]}`,
    ratio,
    atMost: 4,
  }));
  return [...figures, ...memory];
}

/** The index beside the plain scan of the same rules, which it must not be slower than. */
export function decisionsBesideScan(): Figure[] {
  const mixes = {
    ...adversaries,
    "an estate of 10": () => estate(10, 20_000),
    "an estate of 1000": () => estate(1000, 2000),
  };
  return Object.entries(mixes).map(([name, make]) => {
    const asked = make();
    const policy = policyOfTexts(asked.hba);
    const compiled = compilePolicy(policy);
    compare(policy, compiled, { ...asked, attempts: asked.attempts.slice(0, 200) });
    const [, ratio = Number.NaN] = ratios(
      [decisions(policy, asked, rounds), decisions(compiled, asked, rounds)],
      rounds,
    );
    return { name: `adversary: ${name}`, peer: "the plain scan", ratio, atMost: noise };
  });
}
