import { Command, Option } from "commander";
import {
  attemptOfFatal,
  decisionJson,
  explain,
  explanationText,
  parseAttempt,
  shownTraces,
} from "@sallyport/policy";
import type { Attempt, Explanation, Facts, Policy } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printJson, printLines, readStdin } from "../io.ts";
import type { Io } from "../io.ts";
import { printableInPlace } from "../output/printable.ts";
import type { CommandMaker } from "./command-maker.ts";
import { addAttemptOptions, attemptOfOptions } from "../options/attempt-options.ts";
import type { AttemptOptions } from "../options/attempt-options.ts";
import { addFactOptions, readFacts } from "../options/fact-options.ts";
import type { FactOptions, KnownFacts } from "../options/fact-options.ts";
import { addPolicyOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readUsablePolicy } from "../options/usable-policy.ts";
import { readInput } from "../options/input.ts";

interface ExplainOptions extends PolicyOptions, AttemptOptions, FactOptions {
  readonly format: "text" | "json";
  readonly trace?: boolean;
  readonly batch?: string;
}

export const explainCommand: CommandMaker = (io, done) =>
  addFactOptions(
    addAttemptOptions(
      addPolicyOptions(
        new Command("explain")
          .description("which rule decides about a connection, why, and what follows")
          .argument("[text...]", "a FATAL that a client or the log showed; - reads it from standard input"),
      ),
    ),
  )
    .option("--trace", "show every rule, not only the nearest misses")
    .option("--batch <file>", "one attempt a line (JSON), one decision a line out; - is standard input")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (words: readonly string[], options: ExplainOptions) => {
      const policy = await readUsablePolicy(options, io);
      const known = await readFacts(options, io);
      if (options.batch !== undefined) {
        done(await explainBatch(policy, known, options, io));
        return;
      }
      const attempt = words.length > 0 ? await pastedAttempt(words, io) : attemptOfOptions(options);
      const explanation = ask(policy, attempt, known.facts, known, options, io);
      if (options.format === "json") printJson(io, toJson(explanation, true));
      else printLines(io, explanationText(explanation).map(printableInPlace));
      done(statusOf(explanation));
    });

/** The attempt behind a pasted FATAL. */
async function pastedAttempt(words: readonly string[], io: Io): Promise<Attempt> {
  const text = words.length === 1 && words[0] === "-" ? await readStdin(io) : words.join(" ");
  const attempt = attemptOfFatal(text);
  if (attempt) return attempt;
  throw new Failure("this is no refusal by pg_hba.conf", {
    hint: 'Paste a line such as: FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "bob", database "shop", no encryption',
  });
}

/** One answer for each line, in order. A line that cannot be read is answered with what is wrong with it. */
async function explainBatch(
  policy: Policy,
  known: KnownFacts,
  options: ExplainOptions,
  io: Io,
): Promise<number> {
  const lines = (await readInput(options.batch ?? "-", io)).split("\n");
  if (lines.at(-1) === "") lines.pop();
  let status = 0;
  for (const line of lines) {
    const described = parseAttempt(line);
    if ("error" in described) {
      io.stdout(`${JSON.stringify(described)}\n`);
      status = 2;
      continue;
    }
    const facts = described.hostname ? { ...known.facts, hostname: described.hostname } : known.facts;
    const explanation = ask(policy, described.attempt, facts, known, options, io);
    io.stdout(`${JSON.stringify(toJson(explanation, options.trace === true))}\n`);
  }
  return status;
}

function ask(
  policy: Policy,
  attempt: Attempt,
  facts: Facts,
  { catalogue }: KnownFacts,
  { trace = false }: ExplainOptions,
  io: Io,
): Explanation {
  return explain(policy, attempt, facts, { catalogue, now: io.clock(), whole: trace });
}

function toJson(
  { decision, policy, then, trace, whole }: Explanation,
  withTrace: boolean,
): ReturnType<typeof decisionJson> {
  const shown = whole ? trace : shownTraces(trace, decision.rule);
  return decisionJson(decision, {
    profile: policy.profile,
    then,
    trace: withTrace ? shown : null,
  });
}

function statusOf({ decision: { outcome } }: Explanation): number {
  if (outcome === "authenticate") return 0;
  return outcome === "unknown" ? 2 : 1;
}
