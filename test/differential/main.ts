// npm run differential -- --minutes N: every comparison with every server, as long as that. docs/differential.md
import { availableParallelism } from "node:os";
import { isInstalled, serverBuilds } from "@sallyport/testkit";
import { campaign } from "./campaign/campaign.ts";
import { entriesOf } from "./campaign/entries.ts";
import type { Entry } from "./campaign/entries.ts";
import { readOptions, usage } from "./campaign/options.ts";
import type { Options } from "./campaign/options.ts";
import { differencesFound, faults, figures, playedLine } from "./campaign/report.ts";
import { installedServers, opponentName } from "./servers.ts";
import { viewsHistogram } from "./views/observe.ts";
import type { Histogram } from "./views/histogram.ts";

const histogram = viewsHistogram();
const asked = understand(process.argv.slice(2));
if (asked) await run(asked.options, asked.entries);
else process.exitCode = 2;

function understand(args: readonly string[]): { options: Options; entries: readonly Entry[] } | undefined {
  try {
    const options = readOptions(args, Date.now() % 2 ** 31);
    return { options, entries: chosen(options, histogram) };
  } catch (error) {
    console.error(
      `differential: error: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`,
    );
    return undefined;
  }
}

function chosen({ only, majors }: Options, histogram: Histogram): readonly Entry[] {
  const all = entriesOf(histogram, installedServers(majors));
  const names = [...new Set(all.map(({ comparison }) => comparison.name))];
  const unknown = only?.find((word) => !names.some((name) => name === word));
  if (unknown !== undefined) throw new Error(`--only: "${unknown}" is none of ${names.join(", ")}`);
  return all.filter(({ comparison }) => only?.includes(comparison.name) ?? true);
}

async function run({ minutes, majors, seed }: Options, chosen: readonly Entry[]): Promise<void> {
  console.log(`differential: ${minutes} minutes, seed ${seed}`);
  for (const server of serverBuilds) {
    if (majors || isInstalled(server)) continue;
    console.log(`not asked: ${opponentName(server)}; node tools/setup.mjs ${server.setup} installs it`);
  }
  const isRoot = process.geteuid?.() === 0;
  const entries = chosen.filter(({ comparison }) => isRoot || comparison.name !== "maps");
  if (entries.length < chosen.length)
    console.log("not compared: maps; only root can log in as other OS users");

  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      console.log(`${signal}: the rounds under way are the last`);
      interrupt.abort();
    });
  }
  let ended = 0;
  const played = await campaign({
    entries,
    seed,
    milliseconds: minutes * 60_000,
    lanes: Math.min(availableParallelism(), 4),
    stop: interrupt.signal,
    onPlayed: (one) => {
      ended += 1;
      console.log(`${String(ended).padStart(3)}/${entries.length}  ${playedLine(one)}`);
      if (!("error" in one.result)) histogram.add(one.result.histogram);
    },
  });

  if (histogram.possible.size > 0) console.log(`\n${histogram.table()}\n\nviews: ${histogram.summary()}`);
  const found = differencesFound(played);
  if (found !== "") console.log(`\n${found}`);
  console.log(`\n${figures(played)}\n`);
  const wrong = faults(played, histogram);
  for (const fault of wrong) console.log(`FAULT: ${fault}`);
  const end = interrupt.signal.aborted ? ", interrupted" : "";
  console.log(
    `differential: ${wrong.length === 0 ? "no difference" : `faults: ${wrong.length}`}${end}, seed ${seed}`,
  );
  process.exitCode = wrong.length > 0 || interrupt.signal.aborted ? 1 : 0;
}
