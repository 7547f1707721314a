import { tokenize } from "@sallyport/policy";
import type { Bytes, Field } from "@sallyport/policy";

/** The columns of a physical line as they are written, and the comment behind them. */
export interface Columns {
  readonly columns: readonly Column[];
  /** From its `#` on; empty: there is none. */
  readonly comment: Bytes;
}

export interface Column {
  /** With its quotes and commas, without the blanks between the elements of a list. */
  readonly written: Bytes;
  /** As the server reads it. */
  readonly tokens: Field;
}

/** What a carriage return inside a line is depends on the version: whoever asks has made sure that there is none. */
const lexing = { carriageReturnIsBlank: true, longestToken: null };

/**
 * Cuts a line where the server does. Null: there is something besides blanks between its columns, which are commas that no list
 * has room for, as in `a ,b` (two columns) or `trust,`.
 */
export function columnsOf(text: Bytes): Columns | null {
  const columns: Column[] = [];
  let at = 0;
  for (const tokens of tokenize({ file: "", number: 1, text, joins: [] }, lexing).fields) {
    const [first] = tokens;
    if (!first || !isBlank(text.slice(at, first.start))) return null;
    let written = "";
    at = first.start;
    for (const { start, end } of tokens) {
      written += text.slice(at, start).replace(/[ \t]+/g, "") + text.slice(start, end);
      at = end;
    }
    columns.push({ written, tokens });
  }
  const tail = /^[ \t]*(#[^]*)?$/.exec(text.slice(at));
  return tail && { columns, comment: tail[1] ?? "" };
}

function isBlank(text: Bytes): boolean {
  return /^[ \t]*$/.test(text);
}
