import { Command } from "commander";
import { casesJson, parseCases, runCases } from "@sallyport/analysis";
import type { Case } from "@sallyport/analysis";
import { diagnostic, utf8Bytes } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printJson, printLines } from "../io.ts";
import type { Io } from "../io.ts";
import { addServerFactOptions, readFacts } from "../options/fact-options.ts";
import type { FactOptions } from "../options/fact-options.ts";
import { formatOption } from "../options/format-option.ts";
import type { Format } from "../options/format-option.ts";
import { readInputBytes } from "../options/input.ts";
import { addPolicyOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readUsablePolicy } from "../options/usable-policy.ts";
import { casesText } from "../output/cases-text.ts";
import { diagnosticText } from "../output/diagnostics.ts";
import { counted } from "../output/printable.ts";
import type { CommandMaker } from "./command-maker.ts";

interface TestOptions extends PolicyOptions, Pick<FactOptions, "roles" | "serverAddress"> {
  readonly format: Format;
}

export const testCommand: CommandMaker = (io, done) =>
  addServerFactOptions(
    addPolicyOptions(
      new Command("test")
        .description("holds the files against expectations, and says which rules none of them meets")
        .argument("<cases...>", "files of cases, a case a line; - is standard input"),
    ),
  )
    .addOption(formatOption())
    .action(async (files: readonly string[], options: TestOptions) => {
      const cases = await readCases(files, io);
      const policy = await readUsablePolicy(options, io);
      const context = { ...(await readFacts(options, io)), now: io.clock() };
      const report = runCases(policy, cases, context);
      if (options.format === "json") printJson(io, casesJson(report, policy.profile));
      else printLines(io, casesText(report, policy, context));
      done(report.failed > 0 ? 1 : 0);
    });

/** The cases of all files. With a mistake in any of them nothing is tested, and each is shown. */
async function readCases(files: readonly string[], io: Io): Promise<Case[]> {
  const read = [];
  for (const file of files) {
    read.push(parseCases(utf8Bytes(file === "-" ? "<stdin>" : file), await readInputBytes(file, io)));
  }
  const problems = read.flatMap(({ problems }) => problems);
  if (problems.length > 0) {
    const excerpt = problems.map((problem) => diagnosticText(diagnostic(problem))).join("\n");
    throw new Failure(`${counted(problems.length, "case")} cannot be read, and none is tested`, { excerpt });
  }
  const cases = read.flatMap(({ cases }) => cases);
  if (cases.length > 0) return cases;
  const hint = "A case is a line such as: user=app database=shop address=10.0.0.1 ssl => scram-sha-256";
  throw new Failure(`there is no case in ${files.join(", ")}`, { hint });
}
