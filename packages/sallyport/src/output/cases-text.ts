import { explainCase, ruleLinesOf, settling, shortFileName } from "@sallyport/analysis";
import type { CaseContext, CaseResult, CasesReport, Miss, PolicyLine, RuleLines } from "@sallyport/analysis";
import { diagnostic, explanationText, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { alignedText } from "./table.ts";
import { counted, printable, printableInPlace } from "./printable.ts";

/** So many failures are explained: of a long file that takes a while, and a reader has enough to do with these. */
const mostExplained = 20;

/** So many lines that no case meets are shown. */
const mostLines = 30;

/** What failed, in full; how it stands; what no case has met. */
export function casesText(report: CasesReport, policy: Policy, context: CaseContext): string[] {
  const { results, passed, failed, unmetRules, unmetMappings } = report;
  const lines = ruleLinesOf(policy);
  const failures = results.filter(({ misses }) => misses.length > 0);
  const [explained, others] = [failures.slice(0, mostExplained), failures.slice(mostExplained)];
  return [
    ...explained.flatMap((result) => [failureText(result), whyText(result, policy, lines, context)].flat()),
    ...others.flatMap((result) => failureText(result)),
    ...(others.length > 0 ? [`(The first ${mostExplained} failures are explained.)`] : []),
    `${counted(results.length, "case")}: ${passed} passed, ${failed} failed`,
    ...unmetText(unmetRules, policy.rules.length, "rule", lines),
    ...unmetText(unmetMappings, policy.mappings.length, "mapping", lines),
  ];
}

/** The case, and under it a caret at each word that does not hold. */
function failureText({ tested: { place }, misses }: CaseResult): string[] {
  return [
    `${printable(utf8Text(place.fileName))}:${place.lineNumber}:${place.column}: failed`,
    ...misses.flatMap((miss, at) => missText(miss, at === 0)),
    "",
  ];
}

/** Why it came so. */
function whyText(result: CaseResult, policy: Policy, lines: RuleLines, context: CaseContext): string[] {
  const settle = [...new Set(result.decision.dependsOn.map(settling))].join(", ");
  const why = explanationText(explainCase(result, policy, lines, context))
    // It names options of `explain`.
    .map((line) =>
      line.startsWith("HINT:  To settle it: ")
        ? `HINT:  To settle it: ${settle}.`
        : line.replace("(--trace shows each.)", "(explain --trace shows each.)"),
    );
  return [...why.map((line) => (line === "" ? "" : `    ${printableInPlace(line)}`)), ""];
}

function missText({ span, text }: Miss, isFirst: boolean): string[] {
  const { excerpt } = diagnostic({ severity: "error", text, span, sqlstate: "", context: [span.line] });
  const [line, caret] = excerpt ?? ["", ""];
  const said = `    ${caret}  ${printable(utf8Text(text))}`;
  return isFirst ? [`    ${printableInPlace(line)}`, said] : [said];
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
