import type { Bytes } from "@sallyport/policy";
import type { LogEntry } from "./entry.ts";
import { showLinePrefix } from "./line-prefix.ts";
import type { LinePrefix } from "./line-prefix.ts";
import { severityWord } from "./severity.ts";

/** One message in the form of PostgreSQL's `stderr` log (manual, 19.8): each of its parts is a line with a number. */
export function stderrForm(entry: LogEntry, linePrefix: LinePrefix, nextLine: () => number): Bytes {
  const { severity, message, fields } = entry;
  const { detail, hint, context } = fields;
  const parts = { [severityWord(severity)]: message, DETAIL: detail, HINT: hint, CONTEXT: context };
  let form = "";
  for (const [label, text] of Object.entries(parts)) {
    if (text === undefined) continue;
    const prefix = showLinePrefix(linePrefix, { ...entry, lineNumber: nextLine() });
    form += `${prefix}${label}:  ${indent(text)}\n`;
  }
  return form;
}

/** A tab after each newline: what a name contains never begins a line of the log. */
function indent(text: Bytes): Bytes {
  return text.replaceAll("\n", "\n\t");
}
