import type { Diagnostic } from "@sallyport/policy";

/** A diagnostic as people read it: where, what, the line with a caret, what to do. */
export function diagnosticText(diagnostic: Diagnostic & { readonly detail?: string | null }): string {
  const { severity, message, detail, hint, place, excerpt } = diagnostic;
  const where = place ? `${place.fileName}:${place.lineNumber}:${place.column}: ` : "";
  const lines = [`${where}${severity}: ${message}`];
  if (excerpt) lines.push(...excerpt.map((line) => `    ${line}`));
  if (detail != null) lines.push(`DETAIL:  ${detail}`);
  if (hint !== null) lines.push(`HINT:  ${hint}`);
  return lines.join("\n");
}
