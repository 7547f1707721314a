import { Command, Option } from "commander";
import { findSetting, showSetting, unknownName } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { runGate } from "../gate/run-gate.ts";
import { serviceManager } from "../gate/service-manager.ts";
import { catchSignals } from "../gate/signals.ts";
import { printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { collect } from "../options/policy-options.ts";
import { readGate } from "../options/gate-target.ts";

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
      const gate = await readGate(directory, set, io);
      if (show !== undefined) {
        const found = findSetting(utf8Bytes(show));
        if (!found) {
          const { message, hint } = unknownName(utf8Bytes(show));
          throw new Failure(utf8Text(message), { hint: hint && utf8Text(hint) });
        }
        printLines(io, [utf8Text(showSetting(gate.loaded, found.name))]);
        done(0);
        return;
      }
      const untilStopped = catchSignals();
      const manager = await serviceManager(process.env, process.pid, io);
      await untilStopped(await runGate(gate, io, logToStandardError, manager));
      done(0);
    });

/** At once: what a client hears stands in the log by then. */
function logToStandardError(entry: string): void {
  process.stderr.write(entry, "latin1");
}
