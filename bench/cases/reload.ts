import { appendFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Case } from "../case.ts";
import { paceQueries } from "../load/latencies.ts";
import { reloadGateway } from "../peers/gateway.ts";
import { reloadPgbouncer } from "../peers/pgbouncer.ts";
import { guest } from "../peers/world.ts";
import { compare } from "../result.ts";
import type { Result } from "../result.ts";
import { median, percentile } from "../statistics.ts";

const rules = 1_000_000;
/** How long the queries run before, beside which those during the reload are held, and after. */
const [beforeMs, afterMs] = [4000, 500];
/** In which pgbench connects. */
const settleMs = 1000;
/** Queries during a reload may take this much of what they take otherwise. */
const aim = 1 / 2;

interface Reloaded {
  /** 99 of 100 queries take no longer; milliseconds. */
  readonly without: number;
  readonly during: number;
  readonly seconds: number;
}

interface Peer {
  readonly port: number;
  readonly hba: string;
  readonly reload: () => Promise<void>;
}

/** What a reload of a million rules does to the queries of those who are in. */
export const reloadPause: Case = {
  name: "reload-pause",
  long: true,
  run: async (stage) => {
    const { sallyport, pgbouncer } = await stage.many(rules);
    const we = { ...sallyport, reload: async () => await reloadGateway(sallyport) };
    const they = { ...pgbouncer, reload: async () => await reloadPgbouncer(pgbouncer) };
    const [ours, theirs]: [Reloaded[], Reloaded[]] = [[], []];
    for (let round = 0; round < stage.steady.rounds; round += 1) {
      ours.push(await reloadUnderQueries(we, ours.at(-1)?.seconds ?? sallyport.startedInMs / 1000));
      theirs.push(await reloadUnderQueries(they, theirs.at(-1)?.seconds ?? pgbouncer.startedInMs / 1000));
    }
    return [pause(ours, theirs), time(ours, theirs)];
  },
};

function pause(ours: readonly Reloaded[], theirs: readonly Reloaded[]): Result {
  const [during, without] = [ours.map(({ during }) => during), ours.map(({ without }) => without)];
  return {
    name: "reload-pause",
    unit: "ms, p99",
    ours: median(during),
    peers: new Map([
      ["without a reload", compare(during, without, "less", aim)],
      [
        "pgbouncer",
        compare(
          during,
          theirs.map((one) => one.during),
          "less",
        ),
      ],
      [
        "pgbouncer without",
        compare(
          during,
          theirs.map((one) => one.without),
          "less",
        ),
      ],
    ]),
    cpu: new Map(),
    strict: false,
  };
}

function time(ours: readonly Reloaded[], theirs: readonly Reloaded[]): Result {
  const seconds = ours.map((one) => one.seconds);
  return {
    name: "reload-time",
    unit: "s",
    ours: median(seconds),
    peers: new Map([
      [
        "pgbouncer",
        compare(
          seconds,
          theirs.map((one) => one.seconds),
          "less",
        ),
      ],
    ]),
    cpu: new Map(),
    strict: false,
  };
}

/** @param guess how many seconds the reload will take; more is asked for than that */
async function reloadUnderQueries({ port, hba, reload }: Peer, guess: number): Promise<Reloaded> {
  const total = Math.ceil((settleMs + beforeMs + afterMs) / 1000 + guess * 1.5);
  // What has not changed would not be loaded.
  await appendFile(hba, "# and once more\n");
  const queries = paceQueries({ host: "127.0.0.1", port, user: guest }, total);
  const watch = async (): Promise<{ readonly began: number; readonly ended: number }> => {
    await delay(settleMs + beforeMs);
    const began = Date.now();
    await reload();
    return { began, ended: Date.now() };
  };
  const [latencies, { began, ended }] = await Promise.all([queries, watch()]);
  if (!latencies.some(({ due }) => due > ended))
    throw new Error("the reload outlasted the queries beside it");
  const between = (from: number, to: number): number =>
    percentile(
      latencies.filter(({ due }) => due >= from && due < to).map(({ took }) => took),
      0.99,
    );
  return {
    without: between(began - beforeMs, began),
    during: between(began, ended),
    seconds: (ended - began) / 1000,
  };
}
