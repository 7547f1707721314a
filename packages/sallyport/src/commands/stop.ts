import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { pidFileHolder } from "@sallyport/gateway";
import type { StopAnswer, StopMode } from "@sallyport/gateway";
import { Failure } from "../failure.ts";
import { printJson, printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { formatOption } from "../options/format-option.ts";
import type { Format } from "../options/format-option.ts";
import { askGate, BusyError, gateOption, lockOf, unasked } from "../options/running-gate.ts";
import type { Asked } from "../options/running-gate.ts";

interface StopOptions {
  readonly directory: string;
  readonly mode: StopMode;
  readonly format: Format;
}

/** Milliseconds. */
const patience = 10_000;

/** Seconds that a stop may take beyond those that sessions have: sessions are ended, an embedded PostgreSQL stops. */
const grace = 30;

export const stopCommand: CommandMaker = (io, done) =>
  new Command("stop")
    .description("stop the running gateway, and wait until it has ended")
    .addOption(gateOption())
    .addOption(
      new Option(
        "-m, --mode <mode>",
        "smart: sessions may end by themselves, within shutdown_timeout; fast: they are ended; immediate: the same, with a warning at most",
      )
        .choices(["smart", "fast", "immediate"] satisfies readonly StopMode[])
        .default("fast"),
    )
    .addOption(formatOption())
    .action(async ({ directory, mode, format }: StopOptions) => {
      const { answer, dataDirectory } = await begin(directory, mode);
      const { pid, within } = answer;
      if (!(await hasEnded(pid, lockOf(dataDirectory), within + grace))) {
        const hint = "A harder stop (-m fast, -m immediate) overtakes one that waits.";
        throw new Failure(`process ${pid} still runs after ${within + grace} s`, { hint, status: 1 });
      }
      if (format === "json") printJson(io, { pid, mode, stopped: true });
      else printLines(io, [`stopped (process ${pid}, ${mode})`]);
      done(0);
    });

/** By its socket, or by the signal of that mode if it has none yet. */
async function begin(directory: string, mode: StopMode): Promise<Asked<"stop">> {
  try {
    return await askGate(directory, "stop", { mode }, patience);
  } catch (error) {
    if (error instanceof BusyError) return signalled(error, mode);
    return unasked((code) => (code === "absent" ? 2 : 1))(error);
  }
}

const signals: Readonly<Record<StopMode, NodeJS.Signals>> = {
  smart: "SIGTERM",
  fast: "SIGINT",
  immediate: "SIGQUIT",
};

function signalled({ pid, dataDirectory }: BusyError, mode: StopMode): Asked<"stop"> {
  try {
    process.kill(pid, signals[mode]);
  } catch (error) {
    throw new Failure(`process ${pid} cannot be told to stop: ${String(error)}`, { status: 1, cause: error });
  }
  const answer: StopAnswer = { pid, mode, within: 0 };
  return { answer, dataDirectory };
}

/** The lock is the last thing that a gateway gives back. */
async function hasEnded(pid: number, lock: string, seconds: number): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  while ((await pidFileHolder(lock)) === pid) {
    if (performance.now() > until) return false;
    await sleep(50);
  }
  return true;
}
