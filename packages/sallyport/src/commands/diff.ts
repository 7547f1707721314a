import { Command, Option } from "commander";
import { AnalysisError, diff, differenceJson, summaryOf } from "@sallyport/analysis";
import type { ChangeKind, Difference, KnownWorld } from "@sallyport/analysis";
import type { Policy } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printLines } from "../io.ts";
import { readSide } from "../options/diff-side.ts";
import { addServerFactOptions, readFacts } from "../options/fact-options.ts";
import type { FactOptions } from "../options/fact-options.ts";
import { formatOption } from "../options/format-option.ts";
import type { Format } from "../options/format-option.ts";
import { addProfileOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { diffText } from "../output/diff-text.ts";
import { printJsonDocument } from "../output/json-document.ts";
import type { CommandMaker } from "./command-maker.ts";

interface DiffOptions extends PolicyOptions, FactOptions {
  readonly format: Format;
  readonly failOn: ChangeKind | "any";
}

const severities = ["widening", "narrowing", "changed", "any"] as const;

export const diffCommand: CommandMaker = (io, done) =>
  addServerFactOptions(
    addProfileOptions(
      new Command("diff")
        .description("who gains and who loses, if one file takes the place of another")
        .argument("<old>", "a pg_hba.conf, a directory, or REV:PATH of git")
        .argument("[new]", "the same; not with --server-version A..B"),
      "whose meaning the files have; A..B: of one side, as two versions read it",
    ),
  )
    .addOption(
      new Option("--fail-on <kind>", "exit with 1 only for changes of this kind")
        .choices(severities)
        .default("any"),
    )
    .addOption(formatOption())
    .action(async (old: string, now: string | undefined, options: DiffOptions) => {
      const [before, after] = sidesOf(old, now, options);
      const policies = {
        old: await readSide(before.name, before.options, io),
        new: await readSide(after.name, after.options, io),
      };
      const { facts, catalogue } = await readFacts(options, io);
      const difference = compare(policies.old, policies.new, {
        catalogue,
        interfaces: facts.interfaces ?? null,
      });
      if (options.format === "json")
        await printJsonDocument(io, { ...differenceJson(difference, policies, io.clock()) });
      else printLines(io, diffText(difference));
      done(fails(difference, options.failOn) ? 1 : 0);
    });

interface SideOptions {
  readonly name: string;
  readonly options: PolicyOptions;
}

/** Two names; or one, under two versions. */
function sidesOf(
  old: string,
  now: string | undefined,
  options: PolicyOptions,
): readonly [SideOptions, SideOptions] {
  const { serverVersion = "" } = options;
  const [, from, to] = /^(.*?)\.\.(.*)$/.exec(serverVersion) ?? [];
  if (from === undefined || to === undefined) {
    if (now !== undefined)
      return [
        { name: old, options },
        { name: now, options },
      ];
    throw new Failure("there is nothing to compare it with", {
      hint: "Name a second side, or two versions: --server-version 15..18.",
    });
  }
  if (now !== undefined) {
    throw new Failure(`--server-version ${serverVersion}: two versions are of one side`, {
      hint: "Leave out one of both.",
    });
  }
  const as = (version: string): SideOptions => ({
    name: old,
    options: { ...options, serverVersion: version },
  });
  return [as(from), as(to)];
}

function compare(old: Policy, now: Policy, known: KnownWorld): Difference {
  try {
    return diff(old, now, known);
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error;
    throw new Failure(error.message, { cause: error });
  }
}

/** What is not decided may be of any kind. */
function fails({ changes, undecided }: Difference, failOn: ChangeKind | "any"): boolean {
  if (undecided.length > 0) return true;
  return failOn === "any" ? changes.length > 0 : summaryOf(changes)[failOn] > 0;
}
