import { command } from "@sallyport/testkit";
import type { Once } from "../analysis/once.ts";
import type { Case } from "../case.ts";
import { compare } from "../result.ts";
import type { Result } from "../result.ts";
import { median } from "../statistics.ts";

/** With some rules it may take so many times as long as to load them. */
const slowdown = 10;
/** With many, so many milliseconds. */
const patience = 60_000;

const script = new URL("../analysis/once.ts", import.meta.url).pathname;

/** `check` and `diff` beside the loading of their files, each time in a process of its own, as commands are. */
export const analysis: readonly Case[] = (["check", "diff"] as const).flatMap((work) => [
  {
    name: `${work}-10k`,
    run: async () => {
      const { result } = await measure(work, 10_000, 5, 1 / slowdown);
      return [result];
    },
  },
  {
    name: `${work}-100k`,
    long: true,
    run: async () => {
      const { result, seen } = await measure(work, 100_000, 3);
      const times = seen.map((one) => one.work);
      const minutes = seen.map(() => patience);
      return [
        { ...result, peers: new Map([...result.peers, ["a minute", compare(times, minutes, "less", 1)]]) },
      ];
    },
  },
]);

/** @param aim of the ratio to the time of loading */
async function measure(
  work: "check" | "diff",
  rules: number,
  rounds: number,
  aim?: number,
): Promise<{ readonly result: Result; readonly seen: readonly Once[] }> {
  const seen: Once[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const args = ["--conditions=sallyport-source", script, work, String(rules)];
    const { status, stdout, stderr } = await command(process.execPath, args, { timeoutMs: 10 * patience });
    if (status !== 0) throw new Error(`${work} of ${rules} rules: status ${status}: ${stderr}`);
    seen.push(JSON.parse(stdout) as Once);
  }
  const [works, loads] = [seen.map((one) => one.work), seen.map((one) => one.load)];
  const what = work === "check" ? "loading the file" : "loading both files";
  return {
    result: {
      name: `${work}-${rules / 1000}k`,
      unit: "ms",
      ours: median(works),
      peers: new Map([[what, compare(works, loads, "less", aim)]]),
      cpu: new Map(),
      strict: false,
    },
    seen,
  };
}
