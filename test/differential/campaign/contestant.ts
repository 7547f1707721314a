// The process of one entrant: files are read with a server's rights, which a process has or has not as a whole.
import { compete } from "../contest.ts";
import type { Entrant, Tally } from "../contest.ts";
import { installedServers } from "../servers.ts";
import type { HistogramCounts } from "../views/histogram.ts";
import { viewsHistogram } from "../views/observe.ts";
import { entriesOf } from "./entries.ts";

/** What it is told, as its argument. */
export interface Order {
  readonly name: string;
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What it tells when it ends. */
export interface Result {
  readonly tally: Tally;
  readonly histogram: HistogramCounts;
}

/** A server that answers wrongly, or not at all, need not be asked for ever. */
const tooMany = 20;

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const histogram = viewsHistogram();
const entry = entriesOf(histogram, installedServers()).find(({ name }) => name === order.name);
if (!entry) throw new Error(`there is nothing to compare that is called "${order.name}"`);

let stopped = false;
// Any message is a request to stop, and so is the end of who could send one.
process.once("message", () => (stopped = true));
process.once("disconnect", () => (stopped = true));
const result = await play(entry.entrant);
if (process.connected) process.send?.(result, () => process.disconnect());

async function play({ start }: Entrant): Promise<Result> {
  await using contest = await start();
  const goOn = ({ found }: Tally): boolean => !stopped && Date.now() < order.until && found.length < tooMany;
  const tally = await compete(contest, order.seed, goOn);
  return { tally, histogram: { counts: histogram.counts, possible: histogram.possible } };
}
