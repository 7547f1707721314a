import type { Bytes } from "@sallyport/policy";
import type { LogEntry } from "./entry.ts";
import { showLinePrefix } from "./line-prefix.ts";
import type { LinePrefix } from "./line-prefix.ts";
import { severityWord } from "./severity.ts";

/** One message in the form of PostgreSQL's `stderr` log (manual, 19.8): each of its parts is a line with a number. */
export function stderrForm(entry: LogEntry, linePrefix: LinePrefix, nextLine: () => number): Bytes {
  const { severity, message, fields } = entry;
  const { detail, hint, context } = fields;
  const part = (label: string, text: Bytes | undefined): Bytes =>
    text === undefined ? "" : `${showLinePrefix(linePrefix, entry, nextLine())}${label}:  ${indent(text)}\n`;
  const first = part(severityWord(severity), message);
  return first + part("DETAIL", detail) + part("HINT", hint) + part("CONTEXT", context);
}

/** A tab after each newline: what a name contains never begins a line of the log. */
function indent(text: Bytes): Bytes {
  return text.includes("\n") ? text.replaceAll("\n", "\n\t") : text;
}
