import type { Bytes } from "../bytes.ts";
import type { Line, Span } from "./line.ts";

/** One token: its text without quotes, and whether quoting took its special meaning away. */
export interface Token extends Span {
  readonly text: Bytes;
  /** A quote stood before the first stored character: `"all"` and `""all`, but not `al"l"`. */
  readonly quoted: boolean;
}

/** The tokens of one column: a list joined by commas. Never empty. */
export type Field = readonly Token[];

/**
 * Cuts a line into fields (manual, 20.1). A comma that ends a token keeps the field open, even across blanks:
 *
 *     host  a, b  "c d",e  all#x
 *     ^     ^^^^  ^^^^^^^  ^^^
 *     1     2     3        4      the rest is a comment
 *
 * Nothing here is an error: an unterminated quote takes the rest of the line.
 */
export function tokenize(line: Line): Field[] {
  const fields: Field[] = [];
  let field: Token[] = [];
  for (let at = 0; ;) {
    const next = nextToken(line, at);
    if (next === null) break;
    field.push(next.token);
    at = next.at;
    if (next.comma) continue;
    // A copy takes just the room that it needs; what grew has room for 17 tokens, and that for every column.
    fields.push(field.slice());
    field = [];
  }
  if (field.length > 0) fields.push(field);
  return fields;
}

interface Scanned {
  readonly token: Token;
  /** Where to go on. */
  readonly at: number;
  /** An unquoted comma ended it. */
  readonly comma: boolean;
}

function nextToken(line: Line, from: number): Scanned | null {
  const { text: source } = line;
  let at = from;
  while (at < source.length && (isBlank(source[at]) || source[at] === ",")) at += 1;
  const start = at;

  let text = "";
  let run = start; // what stands from here on is part of the token and not in `text` yet
  let quoted = false;
  let open = false;
  let closed = -2; // where a quote was closed: another one right behind it is a literal quote
  for (; at < source.length; at += 1) {
    const character = source[at];
    if (!open && (character === "," || character === "#" || isBlank(character))) break;
    if (character !== '"') continue;
    text += source.slice(run, at);
    run = at + 1;
    const doubled = closed === at - 1;
    if (doubled) text += '"';
    if (open) closed = doubled ? -2 : at;
    open = !open;
    quoted ||= text === "";
  }
  text += source.slice(run, at);
  if (text === "" && !quoted) return null;
  const comma = source[at] === ",";
  const next = comma ? at + 1 : source[at] === "#" ? source.length : at;
  return { token: { line, start, end: at, text, quoted }, at: next, comma };
}

/** Space, tab and carriage return; not vertical tab, form feed or a no-break space. */
function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}
