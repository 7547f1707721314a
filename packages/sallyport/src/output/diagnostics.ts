import type { Diagnostic } from "@sallyport/policy";

/** A diagnostic as people read it: where, what, the line with a caret, what to do. */
export function diagnosticText({ severity, message, hint, place, excerpt }: Diagnostic): string {
  const where = place ? `${place.fileName}:${place.lineNumber}:${place.column}: ` : "";
  const lines = [`${where}${severity}: ${message}`];
  if (excerpt) lines.push(...excerpt.map((line) => `    ${line}`));
  if (hint !== null) lines.push(`HINT:  ${hint}`);
  return lines.join("\n");
}
