import { expect } from "vitest";
import { compete, seldomOutcomes } from "./contest.ts";
import type { Comparison, Contest, Tally } from "./contest.ts";
import { installedServers } from "./servers.ts";
import type { ServerBuild } from "@sallyport/testkit";

/** Fresh in every run, and printed: `SEED=n` shows the same cases again. */
export const seed: number = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** How much a test does, by an environment variable; default: what `npm test` has the time for. */
export function budget(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual);
}

/** Which servers a test asks: `MAJORS=10,15` names others. */
export function askedServers(usual: (server: ServerBuild) => boolean): readonly ServerBuild[] {
  const majors = process.env["MAJORS"]?.split(",").map(Number);
  return majors ? installedServers(majors) : installedServers().filter(usual);
}

/** Is it of a major that every checkout has, one of three eras? */
export function isUsual({ major, build }: ServerBuild): boolean {
  return [13, 16, 18].includes(major) && build === "embedded";
}

let contests = 0;

/** A contest up to a budget, or to the first difference, of which there may be none. */
export async function expectNoDifference(
  comparison: Comparison,
  contest: Contest,
  enough: (tally: Tally) => boolean,
): Promise<Tally> {
  const goOn = (now: Tally): boolean => now.found.length === 0 && !enough(now);
  const tally = await compete(contest, seed, goOn, contests++);
  console.info(`${comparison.name}: ${tally.cases} cases`, Object.fromEntries(tally.outcomes));
  const found = tally.found.map(({ seed, text }) => `SEED=${seed}\n${text}`);
  expect(found, `of ${comparison.name}: ${found[0] ?? "none"}`).toEqual([]);
  expect(seldomOutcomes(comparison, tally)).toEqual([]);
  return tally;
}
