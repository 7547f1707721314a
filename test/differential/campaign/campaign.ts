import { seededRandom } from "@sallyport/testkit";
import type { Result } from "./contestant.ts";
import { deadlineOf } from "./deadline.ts";
import type { Entry } from "./entries.ts";
import { sendOut } from "./send-out.ts";

/** An entry that had its contest. */
export interface Played {
  readonly entry: Entry;
  readonly seconds: number;
  readonly result: Result | { readonly error: string };
}

export interface CampaignOptions {
  readonly entries: readonly Entry[];
  readonly seed: number;
  readonly milliseconds: number;
  /** How many contests are held at a time. */
  readonly lanes: number;
  /** No contest begins after it. */
  readonly stop: AbortSignal;
  readonly onPlayed: (played: Played) => void;
}

/**
 * Holds all contests, some at a time, each with its share of the time and a seed of its own.
 *
 * @returns those that were held, in the order of their entries
 */
export async function campaign(options: CampaignOptions): Promise<readonly Played[]> {
  const { entries, seed, milliseconds, lanes, stop, onPlayed } = options;
  const r = seededRandom(seed);
  const waiting = entries.map((entry, at) => ({ entry, at, seed: r.below(2 ** 31) }));
  const end = Date.now() + milliseconds;
  const running: number[] = [];
  const played: (Played | undefined)[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !stop.aborted; next = waiting.shift()) {
      const { entry } = next;
      const now = Date.now();
      const weights = waiting.map((one) => one.entry.weight);
      const until = deadlineOf(entry.weight, { now, end, lanes, running, waiting: weights });
      running.push(until);
      const result = await sendOut({ name: entry.name, seed: next.seed, until }, stop);
      running.splice(running.indexOf(until), 1);
      const one = { entry, seconds: (Date.now() - now) / 1000, result };
      played[next.at] = one;
      onPlayed(one);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return entries.flatMap((_, at) => played[at] ?? []);
}
