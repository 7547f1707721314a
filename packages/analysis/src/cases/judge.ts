import { question, utf8Bytes } from "@sallyport/policy";
import type { Bytes, Decision, Dependency, Policy, Span } from "@sallyport/policy";
import { filesCalled, ruleName, shortFileName } from "../rule-lines.ts";
import type { RuleLines } from "../rule-lines.ts";
import type { AskedOption, Case, LineName } from "./case.ts";
import { shownOption } from "./options.ts";

/** One word of an expectation that does not hold, and what holds instead. */
export interface Miss {
  readonly span: Span;
  readonly text: Bytes;
}

/** Where a decision is not what a case expects, word for word. Empty: it is. */
export function judge(one: Case, decision: Decision, policy: Policy, lines: RuleLines): Miss[] {
  const { expect, marks } = one;
  const misses: Miss[] = [];
  const fits =
    decision.outcome === expect.outcome &&
    (expect.method === null || decision.rule?.method === expect.method);
  if (!fits) misses.push({ span: marks.outcome, text: wordsOf(decision, lines) });
  for (const [at, option] of expect.options.entries()) {
    const text = fits ? optionMiss(option, decision, policy) : null;
    if (text !== null) misses.push({ span: marks.options[at] ?? marks.whole, text });
  }
  const text = expect.by && lineMiss(expect.by, decision, lines);
  if (text != null) misses.push({ span: marks.by ?? marks.whole, text });
  return misses;
}

/** What would settle an unknown outcome of a case: an option of the command, or a word of the case. */
export function settling(dependency: Dependency): string {
  switch (dependency.fact) {
    case "hostname":
      return "hostname=NAME in the case";
    case "system_user":
      return "system_user=NAME in the case";
    default:
      return question(dependency).settle;
  }
}

function wordsOf({ outcome, rule, dependsOn }: Decision, lines: RuleLines): Bytes {
  switch (outcome) {
    case "no_entry":
      return "no_entry: no rule matches";
    case "unknown": {
      const settle = [...new Set(dependsOn.map(settling))].join(", ");
      return `unknown: ${dependsOn.map((one) => question(one).asks).join(" ")} (${utf8Bytes(settle)})`;
    }
    case "refused":
      return rule
        ? `refused: ${rule.method} by ${ruleName(lines, rule)}, and the client may not be this role`
        : outcome;
    case "authenticate":
    case "reject":
      return rule ? `${rule.method} by ${ruleName(lines, rule)}` : outcome;
  }
}

function optionMiss({ name, value }: AskedOption, { rule }: Decision, { profile }: Policy): Bytes | null {
  if (!rule) return null;
  const shown = shownOption(rule, name, profile);
  if ((shown ?? "") === value) return null;
  return shown === null ? `the rule has no ${name}` : `the rule has ${name}=${shown}`;
}

function lineMiss({ file, line }: LineName, { rule, perhaps }: Decision, lines: RuleLines): Bytes | null {
  const files = filesCalled(lines, file);
  const [only, ...more] = files;
  if (only === undefined) {
    const names = [...lines.keys()].map((name) => shortFileName(lines, name)).join(", ");
    return `no file with rules is called so; there is ${names || "none"}`;
  }
  if (more.length > 0)
    return `${files.length} files are called so, write more of the path: ${files.join(", ")}`;
  if (rule?.fileName === only && rule.lineNumber === line) return null;
  const begins = lines.get(only)?.has(line) ? "" : "no rule begins on that line; ";
  // That no line decides for certain, the outcome says.
  if (!rule || perhaps.length > 0) return begins === "" ? null : "no rule begins on that line";
  const before = begins === "" && rule.fileName === only && rule.lineNumber < line ? ", before it" : "";
  return `${begins}${ruleName(lines, rule)} decides${before}`;
}
