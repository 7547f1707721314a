import { dirname, relative } from "node:path";
import { countOf } from "@sallyport/analysis";
import type { Report, ReportedFile, ReportedFinding } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import { diagnosticText } from "./diagnostics.ts";
import { counted, printable } from "./printable.ts";

/** The findings, what was not looked at, and in the last line how it stands. */
export function checkText({ findings, ignored, files, notChecked, notTold }: Report): string[] {
  const counts = [
    ...some(countOf(findings, "error"), "error"),
    ...some(countOf(findings, "warning"), "warning"),
    ...some(countOf(findings, "info"), "info"),
    ...(ignored.length === 0 ? [] : [`${ignored.length} ignored`]),
  ];
  const settings = files.find(({ kind }) => kind === "settings");
  const base = settings && dirname(utf8Text(settings.fileName));
  const names = files.map((file) => fileText(file, base)).join(", ");
  return [
    ...findings.map(findingText),
    ...notChecked.map((what) => `not checked: ${printable(what)}`),
    ...notTold.map((what) => `not told: ${printable(what)}`),
    `${names}: ${counts.join(", ") || "nothing to report"}`,
  ];
}

function findingText(finding: ReportedFinding): string {
  return diagnosticText({ ...finding, message: `${finding.message} [${finding.id}]` });
}

function fileText({ fileName, kind, entries }: ReportedFile, base: string | undefined): string {
  const full = utf8Text(fileName);
  const inside = base === undefined ? full : relative(base, full);
  const name = printable(inside.startsWith("..") ? full : inside);
  if (entries === null) return name;
  return `${name} (${counted(entries, kind === "hba" ? "rule" : "line")})`;
}

function some(count: number, thing: string): string[] {
  return count === 0 ? [] : [counted(count, thing)];
}
