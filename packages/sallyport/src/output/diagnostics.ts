import type { Diagnostic } from "@sallyport/policy";

/** A problem, or anything that is shown like one. */
export interface Shown extends Omit<Diagnostic, "severity"> {
  readonly severity: string;
  readonly detail?: string | null;
}

/** A diagnostic as people read it: where, what, the line with a caret, what to do. */
export function diagnosticText(diagnostic: Shown): string {
  const { severity, message, detail, hint, place, excerpt } = diagnostic;
  const where = place ? `${place.fileName}:${place.lineNumber}:${place.column}: ` : "";
  const lines = [`${where}${severity}: ${message}`];
  if (excerpt) lines.push(...excerpt.map((line) => `    ${line}`));
  if (detail != null) lines.push(`DETAIL:  ${detail}`);
  if (hint !== null) lines.push(`HINT:  ${hint}`);
  return lines.join("\n");
}
