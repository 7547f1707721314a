import { Command, Option } from "commander";
import { findSetting, showSetting, unknownName } from "@sallyport/gateway";
import type { StopMode } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { runGate } from "../gate/run-gate.ts";
import type { RunningGate } from "../gate/run-gate.ts";
import { printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { collect } from "../options/policy-options.ts";
import { gateSettings } from "../options/target.ts";

interface ServeOptions {
  readonly directory: string;
  readonly set: readonly string[];
  readonly show?: string;
}

export const serveCommand: CommandMaker = (io, done) =>
  new Command("serve")
    .description("run the gateway of a gate in the foreground")
    .addOption(new Option("-D, --directory <dir>", "the gate").env("SALLYPORT_GATE").makeOptionMandatory())
    .option(
      "-c, --set <name=value>",
      "a setting, instead of what sallyport.conf says; repeatable",
      collect,
      [],
    )
    .option("-C, --show <name>", "print one setting and exit")
    .action(async ({ directory, set, show }: ServeOptions) => {
      const loaded = await gateSettings(directory, set, io);
      if (show !== undefined) {
        const found = findSetting(utf8Bytes(show));
        if (!found) {
          const { message, hint } = unknownName(utf8Bytes(show));
          throw new Failure(utf8Text(message), { hint: hint && utf8Text(hint) });
        }
        printLines(io, [utf8Text(showSetting(loaded, found.name))]);
        done(0);
        return;
      }
      const untilStopped = catchStopSignals();
      await untilStopped(
        await runGate(loaded.settings, io, (entry) => process.stderr.write(entry, "latin1")),
      );
      done(0);
    });

const stopSignals: readonly (readonly [NodeJS.Signals, StopMode])[] = [
  ["SIGTERM", "smart"],
  ["SIGINT", "fast"],
  ["SIGQUIT", "immediate"],
];

/**
 * PostgreSQL's signals, from now on: one that comes while a gate is still being started stops it as soon as it runs,
 * instead of killing this process and leaving a database behind. The function that is returned waits until the gate
 * was stopped. A second, harder signal overtakes a smart stop that still waits.
 */
export function catchStopSignals(): (gate: Pick<RunningGate, "stop">) => Promise<void> {
  let received: StopMode | null = null;
  let stop = (mode: StopMode): void => {
    received = mode;
  };
  const handlers = stopSignals.map(([signal, mode]) => {
    const handler = (): void => stop(mode);
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  process.on("SIGHUP", noReload);
  return async (gate) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stop = (mode) => void gate.stop(mode).then(resolve, reject);
    if (received !== null) stop(received);
    try {
      await promise;
    } finally {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      process.off("SIGHUP", noReload);
    }
  };
}

function noReload(): void {
  process.stderr.write("LOG:  reloading is not supported by this build\n");
}
