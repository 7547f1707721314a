import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { checkGate, checkJson, configFileName } from "@sallyport/gateway";
import type { CheckReport, FindingSeverity } from "@sallyport/gateway";
import { utf8Bytes } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printJson, printLines } from "../io.ts";
import type { Io } from "../io.ts";
import { liveOptions } from "../options/live-server.ts";
import { addPolicyOptions, nameAndValue } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { exists } from "../options/server-directory.ts";
import { checkText } from "../output/check-text.ts";
import { checkFiles } from "./check-files.ts";
import type { CommandMaker } from "./command-maker.ts";

interface CheckOptions extends PolicyOptions {
  readonly format: "text" | "json";
  readonly offline?: boolean;
  readonly failOn: FindingSeverity;
}

const severities: readonly FindingSeverity[] = ["error", "warning", "info"];

export const checkCommand: CommandMaker = (io, done) =>
  addPolicyOptions(
    new Command("check")
      .description("what is wrong with files, or with a whole gate: settings, permissions, upstream")
      .argument("[file...]", "files to read; one with ident in its name is a pg_ident.conf"),
  )
    .option("--offline", "ask neither the upstream of a gate nor a resolver")
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 for findings as bad as this, or worse")
        .choices(severities)
        .default("warning"),
    )
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (files: readonly string[], options: CheckOptions) => {
      const { directory, format, failOn } = options;
      const gate = directory !== undefined && (await exists(join(directory, configFileName)));
      const named = files.length > 0 || options.hba !== undefined || options.ident !== undefined;
      const report =
        gate && !named ? await wholeGate(directory, options, io) : await checkFiles(files, options, io);
      if (format === "json") printJson(io, checkJson(report));
      else printLines(io, checkText(report));
      const bad = new Set(severities.slice(0, severities.indexOf(failOn) + 1));
      done(report.findings.some(({ severity }) => bad.has(severity)) ? 1 : 0);
    });

async function wholeGate(directory: string, options: CheckOptions, io: Io): Promise<CheckReport> {
  const { offline = false, set = [], serverVersion, with: built, without } = options;
  if ((serverVersion ?? built ?? without) !== undefined) {
    throw new Failure("--server-version, --with and --without are for files", {
      hint: "A gate reads its files as its own settings and build have it.",
    });
  }
  const overrides = set
    .map(nameAndValue)
    .map(([name, value]) => [utf8Bytes(name), utf8Bytes(value)] as const);
  return await checkGate({
    directory: utf8Bytes(resolve(directory)),
    overrides,
    connectionOf: async (conninfo) => await liveOptions(conninfo, io),
    offline,
    environment: io.environment,
  });
}
