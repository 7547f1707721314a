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
      const gate = await runGate(loaded.settings, io, (entry) => process.stderr.write(entry, "latin1"));
      await untilStopped(gate);
      done(0);
    });

const stopSignals: readonly (readonly [NodeJS.Signals, StopMode])[] = [
  ["SIGTERM", "smart"],
  ["SIGINT", "fast"],
  ["SIGQUIT", "immediate"],
];

/** PostgreSQL's signals. A second, harder one overtakes a smart stop that still waits. */
export async function untilStopped(gate: Pick<RunningGate, "stop">): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const handlers = stopSignals.map(([signal, mode]) => {
    const handler = (): void => void gate.stop(mode).then(resolve, reject);
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  process.on("SIGHUP", noReload);
  try {
    await promise;
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    process.off("SIGHUP", noReload);
  }
}

function noReload(): void {
  process.stderr.write("LOG:  reloading is not supported by this build\n");
}
