import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { FindingSeverity, Pooler, Report } from "@sallyport/analysis";
import { utf8Bytes } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { addServerFactOptions, readFacts } from "../options/fact-options.ts";
import type { FactOptions } from "../options/fact-options.ts";
import { addPolicyOptions, collect, nameAndValue } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { isGate } from "../options/directories.ts";
import { checkFormats, printReport } from "../output/check-formats.ts";
import type { CheckFormat } from "../output/check-formats.ts";
import { checkFiles } from "./check-files.ts";
import { checkKinds, reviewed } from "./check-review.ts";
import type { KnownToCheck } from "./check-review.ts";
import type { CommandMaker } from "./command-maker.ts";

interface CheckOptions extends PolicyOptions, FactOptions {
  readonly format: CheckFormat;
  readonly offline?: boolean;
  readonly failOn: FindingSeverity;
  readonly pooler: readonly string[];
}

const severities: readonly FindingSeverity[] = ["error", "warning", "info"];

export const checkCommand: CommandMaker = (io, done) =>
  addServerFactOptions(
    addPolicyOptions(
      new Command("check")
        .description("what is wrong with files, or with a whole gate: settings, permissions, upstream")
        .argument("[file...]", "files to read; one with ident in its name is a pg_ident.conf"),
    ),
  )
    .option("--offline", "ask neither the upstream of a gate nor a resolver")
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 for findings as bad as this, or worse")
        .choices(severities)
        .default("warning"),
    )
    .option("--pooler <name>", "who else reads the file: pgbouncer or pgpool; repeatable", collect, [])
    .addOption(new Option("--format <format>", "how to print").choices(checkFormats).default("text"))
    .action(async (files: readonly string[], options: CheckOptions) => {
      const { directory, format, failOn } = options;
      const gate = directory !== undefined && (await isGate(directory));
      const named = files.length > 0 || options.hba !== undefined || options.ident !== undefined;
      const known = await readKnown(options, io);
      const report =
        gate && !named
          ? await wholeGate(directory, options, known, io)
          : await checkFiles(files, options, known, io);
      printReport(report, format, checkKinds, io);
      const bad = new Set(severities.slice(0, severities.indexOf(failOn) + 1));
      done(report.findings.some(({ severity }) => bad.has(severity)) ? 1 : 0);
    });

async function readKnown(options: CheckOptions, io: Io): Promise<KnownToCheck> {
  const { facts, catalogue } = await readFacts(options, io);
  const { interfaces = null } = facts;
  return { catalogue, interfaces, poolers: new Set(options.pooler.map(poolerNamed)) };
}

function poolerNamed(name: string): Pooler {
  if (name === "pgbouncer" || name === "pgpool") return name;
  throw new Failure(`--pooler ${name}: how it reads the file is not known`, {
    hint: "Known are pgbouncer and pgpool.",
  });
}

async function wholeGate(
  directory: string,
  options: CheckOptions,
  known: KnownToCheck,
  io: Io,
): Promise<Report> {
  const { offline = false, set = [], serverVersion, with: built, without } = options;
  if ((serverVersion ?? built ?? without) !== undefined) {
    throw new Failure("--server-version, --with and --without are for files", {
      hint: "A gate reads its files as its own settings and build have it.",
    });
  }
  const overrides = set
    .map(nameAndValue)
    .map(([name, value]) => [utf8Bytes(name), utf8Bytes(value)] as const);
  const [{ checkGate }, { liveOptions }] = await Promise.all([
    import("@sallyport/gateway"),
    import("../options/live-server.ts"),
  ]);
  const { read, ...report } = await checkGate({
    directory: utf8Bytes(resolve(directory)),
    overrides,
    connectionOf: async (conninfo) => await liveOptions(conninfo, io),
    offline,
    environment: io.environment,
  });
  if (read === null) return { ...report, ignored: [], notTold: [] };
  return reviewed(report, read, { ...known, wasLookedFor: () => true });
}
