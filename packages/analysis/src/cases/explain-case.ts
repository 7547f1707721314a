import { explain, shownTraces } from "@sallyport/policy";
import type { Explanation, Policy } from "@sallyport/policy";
import { filesCalled } from "../rule-lines.ts";
import type { RuleLines } from "../rule-lines.ts";
import type { CaseContext, CaseResult } from "./run-cases.ts";

/** Why it came as it did, with the rule that was expected to decide among those that are shown. */
export function explainCase(
  { tested, facts }: CaseResult,
  policy: Policy,
  lines: RuleLines,
  { catalogue, now }: CaseContext,
): Explanation {
  const explanation = explain(policy, tested.attempt, facts, { catalogue, now, whole: false });
  const { trace, decision } = explanation;
  const { by } = tested.expect;
  const [file] = by ? filesCalled(lines, by.file) : [];
  const wanted = trace.find(({ rule }) => rule.fileName === file && rule.lineNumber === by?.line);
  const shown = shownTraces(trace, decision.rule);
  if (!wanted || shown.includes(wanted)) return explanation;
  return { ...explanation, whole: true, trace: trace.filter((one) => one === wanted || shown.includes(one)) };
}
