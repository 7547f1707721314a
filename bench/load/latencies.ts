import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { pgbench } from "./pgbench.ts";
import type { LoadTarget } from "./pgbench.ts";

/** A query as the client saw it. */
export interface Latency {
  /** When it was due, by the clock of the system; milliseconds. */
  readonly due: number;
  /** Milliseconds from then until its answer: a query that waits for the one before it counts that wait. */
  readonly took: number;
}

const clients = 8;
/** Queries a second: far below what any of the peers can do. */
const rate = 1000;

/** Queries that come at a steady pace for so long, whatever becomes of those before them. */
export async function paceQueries(target: LoadTarget, seconds: number): Promise<readonly Latency[]> {
  await using room = await tempDirectory();
  const work = ["--no-vacuum", "--builtin=select-only", "--protocol=prepared", `--client=${clients}`];
  const pace = [`--rate=${rate}`, `--time=${seconds}`];
  await pgbench(target, [...work, ...pace, "--log", `--log-prefix=${join(room.path, "log")}`]);
  const files = await readdir(room.path);
  const texts = await Promise.all(files.map(async (file) => await readFile(join(room.path, file), "utf8")));
  return texts.flatMap((text) => text.trimEnd().split("\n").map(readLatency));
}

/** `client_id transaction_no time script_no time_epoch time_us schedule_lag`: pgbench's manual, "Per-Transaction Logging". */
function readLatency(line: string): Latency {
  const [, , took = Number.NaN, , seconds = Number.NaN, microseconds = 0] = line.split(" ").map(Number);
  const finished = seconds * 1000 + microseconds / 1000;
  return { due: finished - took / 1000, took: took / 1000 };
}
