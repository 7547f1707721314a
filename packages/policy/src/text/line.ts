import { characterCount } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";

/** A logical line: one physical line, or several joined by a trailing backslash (PostgreSQL 14 and later). */
export interface Line {
  /** Full path of the file that holds it. */
  readonly file: Bytes;
  /** Number of its first physical line, from 1. */
  readonly number: number;
  /** The joined text, without line ends and without the backslashes that joined it. */
  readonly text: Bytes;
  /** Offsets in `text` at which a further physical line begins. */
  readonly joins: readonly number[];
  /** It is longer than the lines that this version of PostgreSQL reads; what follows is a line of its own. */
  readonly tooLong?: true;
}

/** A stretch of a logical line, in bytes, end exclusive. */
export interface Span {
  readonly line: Line;
  readonly start: number;
  readonly end: number;
}

/** Where something stands, for people: 1-based, in characters, end exclusive. */
export interface Place {
  readonly fileName: Bytes;
  readonly lineNumber: number;
  readonly column: number;
  readonly endColumn: number;
}

/** The place of a span. A span that crosses a continuation is shown up to the end of its first physical line. */
export function placeOf({ line, start, end }: Span): Place {
  const above = line.joins.filter((join) => join <= start);
  const from = above.at(-1) ?? 0;
  const to = line.joins[above.length] ?? line.text.length;
  const column = characterCount(line.text.slice(from, start)) + 1;
  return {
    fileName: line.file,
    lineNumber: line.number + above.length,
    column,
    endColumn: column + characterCount(line.text.slice(start, Math.min(end, to))),
  };
}

/** The physical line, without continuation backslash, on which a span begins: what a caret is drawn under. */
export function physicalText({ line, start }: Span): Bytes {
  const above = line.joins.filter((join) => join <= start);
  return line.text.slice(above.at(-1) ?? 0, line.joins[above.length] ?? line.text.length);
}

/** The whole of a line as a span. */
export function wholeLine(line: Line): Span {
  return { line, start: 0, end: line.text.length };
}
