import { explainCase, ruleLinesOf, settling, shortFileName } from "@sallyport/analysis";
import type { CaseContext, CaseResult, CasesReport, Miss, PolicyLine, RuleLines } from "@sallyport/analysis";
import { diagnostic, explanationText, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { alignedText } from "./table.ts";
import { counted, printable } from "./printable.ts";

/** So many lines that no case meets are shown. */
const mostLines = 30;

/** What failed, in full; how it stands; what no case has met. */
export function casesText(report: CasesReport, policy: Policy, context: CaseContext): string[] {
  const { results, passed, failed, unmetRules, unmetMappings } = report;
  const lines = ruleLinesOf(policy);
  const failures = results.filter(({ misses }) => misses.length > 0);
  return [
    ...failures.flatMap((result) => failureText(result, policy, lines, context).concat("")),
    `${counted(results.length, "case")}: ${passed} passed, ${failed} failed`,
    ...unmetText(unmetRules, policy.rules.length, "rule", lines),
    ...unmetText(unmetMappings, policy.mappings.length, "mapping", lines),
  ];
}

/** The case, under it a caret at each word that does not hold, and why it came so. */
function failureText(result: CaseResult, policy: Policy, lines: RuleLines, context: CaseContext): string[] {
  const { place } = result.tested;
  const { dependsOn } = result.decision;
  const settle = [...new Set(dependsOn.map(settling))].join(", ");
  const why = explanationText(explainCase(result, policy, lines, context))
    // It names options of `explain`.
    .map((line) =>
      line.startsWith("HINT:  To settle it: ")
        ? `HINT:  To settle it: ${settle}.`
        : line.replace("(--trace shows each.)", "(explain --trace shows each.)"),
    );
  return [
    `${printable(utf8Text(place.fileName))}:${place.lineNumber}:${place.column}: failed`,
    ...result.misses.flatMap((miss, at) => missText(miss, at === 0)),
    ...["", ...why].map((line) => (line === "" ? "" : `    ${line}`)),
  ];
}

function missText({ span, text }: Miss, isFirst: boolean): string[] {
  const { excerpt } = diagnostic({ severity: "error", text, span, sqlstate: "", context: [span.line] });
  const [line, caret] = excerpt ?? ["", ""];
  const said = `    ${caret}  ${printable(utf8Text(text))}`;
  return isFirst ? [`    ${line}`, said] : [said];
}

function unmetText(unmet: readonly PolicyLine[], all: number, thing: string, lines: RuleLines): string[] {
  if (unmet.length === 0) return [];
  const shown = unmet
    .slice(0, mostLines)
    .map(({ place, text }) => [
      `  ${printable(utf8Text(shortFileName(lines, place.fileName)))}:${place.lineNumber}`,
      printable(utf8Text(text.replaceAll("\t", "  "))),
    ]);
  const left = unmet.length - shown.length;
  return [
    "",
    `No case meets ${unmet.length} of ${counted(all, thing)}:`,
    ...alignedText(shown),
    ...(left > 0 ? [`  and ${left} more (--format json has all)`] : []),
  ];
}
