import { Command } from "commander";
import { printJson, printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { formatOption } from "../options/format-option.ts";
import type { Format } from "../options/format-option.ts";
import { askGate, gateOption, unasked } from "../options/running-gate.ts";
import { reloadDiagnostics, reloadedFiles, reloadText } from "../output/reload-text.ts";

/** Milliseconds: files of a million lines take their time, and one reload may wait for another. */
const patience = 600_000;

export const reloadCommand: CommandMaker = (io, done) =>
  new Command("reload")
    .description("have the running gateway read its files anew, and say what became of each")
    .addOption(gateOption())
    .addOption(formatOption())
    .action(async ({ directory, format }: { directory: string; format: Format }) => {
      const { answer } = await askGate(directory, "reload", {}, patience).catch(unasked(() => 2));
      if (format === "json") printJson(io, answer);
      else {
        printLines(io, reloadText(answer));
        for (const text of reloadDiagnostics(answer)) io.stderr(`${text}\n`);
      }
      const verdicts = [...reloadedFiles(answer), answer.tls];
      done(verdicts.some(({ verdict }) => verdict === "refused") ? 1 : 0);
    });
