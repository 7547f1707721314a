import { utf8Text } from "@sallyport/policy";
import type { Diagnostic } from "@sallyport/policy";
import { printable, printableInPlace, printableLines } from "./printable.ts";

/** A problem, or anything that is shown like one. All is text but the name of the file, which is bytes. */
export interface Shown extends Omit<Diagnostic, "severity"> {
  readonly severity: string;
  readonly detail?: string | null;
}

/** A diagnostic as people read it: where, what, the line with a caret, what to do. */
export function diagnosticText(diagnostic: Shown): string {
  const { severity, message, detail, hint, place, excerpt } = diagnostic;
  const where = place ? `${printable(utf8Text(place.fileName))}:${place.lineNumber}:${place.column}: ` : "";
  const lines = [`${where}${severity}: ${printableLines(message)}`];
  if (excerpt) lines.push(...excerpt.map((line) => `    ${printableInPlace(line)}`));
  if (detail != null) lines.push(`DETAIL:  ${printableLines(detail)}`);
  if (hint !== null) lines.push(`HINT:  ${printableLines(hint)}`);
  return lines.join("\n");
}
