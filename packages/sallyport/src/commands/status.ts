import { Command } from "commander";
import type { StatusAnswer } from "@sallyport/gateway";
import { printJson, printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { formatOption } from "../options/format-option.ts";
import type { Format } from "../options/format-option.ts";
import { askGate, gateOption, unasked } from "../options/running-gate.ts";
import { statusText } from "../output/status-text.ts";

interface StatusOptions {
  readonly directory: string;
  readonly rules?: boolean;
  readonly sessions?: boolean;
  readonly format: Format;
}

/** Milliseconds; the gateway itself waits 5 s for the catalogue and the disk. */
const patience = 15_000;

export const statusCommand: CommandMaker = (io, done) =>
  new Command("status")
    .description("what runs: who is in, which files count, and whether they are those on the disk")
    .addOption(gateOption())
    .option("--rules", "how many each rule has let in and refused since its file was loaded")
    .option("--sessions", "who is in, by which line, and who is on the way in")
    .addOption(formatOption())
    .action(async ({ directory, rules = false, sessions = false, format }: StatusOptions) => {
      const { answer } = await askGate(directory, "status", { rules, sessions }, patience).catch(notAsked);
      if (format === "json") printJson(io, answer);
      else printLines(io, statusText(answer));
      done(statusOf(answer));
    });

function statusOf({ stopping, policy: { hba, ident }, settings }: StatusAnswer): number {
  if (stopping !== null || settings.pending_reload === null) return 1;
  if (settings.pending_reload.length > 0 || settings.pending_restart.length > 0) return 1;
  const files = [hba.disk, ident.disk];
  if (files.some((disk) => disk?.equal === false)) return 1;
  return files.includes(null) ? 2 : 0;
}

const notAsked = unasked((code) => (code === "absent" ? 1 : 2));
