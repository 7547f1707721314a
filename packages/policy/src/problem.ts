import type { Bytes } from "./bytes.ts";
import { utf8Text } from "./bytes.ts";
import { maskText } from "./hba/mask.ts";
import { physicalText, placeOf } from "./text/line.ts";
import type { Line, Place, Span } from "./text/line.ts";

/** Something PostgreSQL would log while it loads a file. An `error` keeps the file from being loaded. */
export interface Problem {
  readonly severity: "error" | "warning" | "log";
  /** The message, as the server's log has it. */
  readonly text: Bytes;
  readonly hint?: Bytes;
  readonly sqlstate: string;
  /** The characters that it is about; null: the file as a whole. */
  readonly span: Span | null;
  /** The line, and the lines whose includes led to it: the log's CONTEXT, innermost first. */
  readonly context: readonly Line[];
}

/** The SQLSTATE of a mistake in a configuration file. */
export const configFileError = "F0000";

/** A problem that is of no line. */
export function wholeFile(text: Bytes): Problem {
  return { severity: "error", text, sqlstate: configFileError, span: null, context: [] };
}

/** What a person is shown of a problem: what, where with a caret, why, what to do. */
export interface Diagnostic {
  readonly severity: Problem["severity"];
  readonly message: string;
  readonly hint: string | null;
  readonly place: Place | null;
  /** The physical line, with `***` for everything behind the name of a secret option, and under it the caret. */
  readonly excerpt: readonly [string, string] | null;
}

export function diagnostic(problem: Problem): Diagnostic {
  const { severity, span } = problem;
  const place = span && placeOf(span);
  return {
    severity,
    message: utf8Text(maskMessage(problem.text)),
    hint: problem.hint === undefined ? null : utf8Text(problem.hint),
    place,
    excerpt: span && place && excerptOf(span, place),
  };
}

/** A message may quote a word in which the name of a secret option and its value have run together. */
function maskMessage(text: Bytes): Bytes {
  return /(?:ldapbindpasswd|radiussecrets)[^"]/i.test(text) ? maskText(text) : text;
}

function excerptOf(span: Span, place: Place): readonly [string, string] {
  // Masked as the whole: a secret may stand on another physical line than its name.
  const shown = physicalText({ ...span, line: { ...span.line, text: maskText(span.line.text) } });
  return [utf8Text(shown), caret(shown, place)];
}

/** Blanks up to the column (tabs stay tabs, so that the caret lines up), then carets. */
function caret(text: Bytes, { column, endColumn }: Place): string {
  const characters = Array.from(utf8Text(text));
  const before = characters.slice(0, column - 1);
  const blanks = before.map((character) => (character === "\t" ? "\t" : " ")).join("");
  // What is masked is shown shorter than it is, and its length is not told either.
  const length = Math.min(endColumn, characters.length + 1) - column;
  return blanks + "^".repeat(Math.max(length, 1));
}
