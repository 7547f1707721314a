import type { Bytes } from "../bytes.ts";
import type { Dialect } from "../versions/dialect.ts";
import type { Line, Span } from "./line.ts";

/** What versions of PostgreSQL differ in here. */
export type TokenDialect = Pick<Dialect, "carriageReturnIsBlank" | "longestToken">;

/** One token: its text without quotes, and whether quoting took its special meaning away. */
export interface Token extends Span {
  readonly text: Bytes;
  /** A quote stood before the first stored character: `"all"` and `""all`, but not `al"l"`. */
  readonly quoted: boolean;
}

/** The tokens of one column: a list joined by commas. Never empty. */
export type Field = readonly Token[];

/** A line in tokens. */
export interface Fields {
  readonly fields: readonly Field[];
  /** The beginning of a token that is too long, and which nothing is read behind. */
  readonly tooLong: Token | null;
}

/**
 * Cuts a line into fields (manual, 20.1). A comma that ends a token keeps the field open, even across blanks:
 *
 *     host  a, b  "c d",e  all#x
 *     ^     ^^^^  ^^^^^^^  ^^^
 *     1     2     3        4      the rest is a comment
 *
 * An unterminated quote is no error: it takes the rest of the line.
 */
export function tokenize(line: Line, { carriageReturnIsBlank, longestToken }: TokenDialect): Fields {
  const longest = longestToken ?? line.text.length;
  const fields: Field[] = [];
  let field: Token[] = [];
  let tooLong: Token | null = null;
  for (let at = 0; ;) {
    const next = nextToken(line, at, carriageReturnIsBlank, longest);
    if (next === null) break;
    if (next.end === "limit") {
      tooLong = next.token;
      break;
    }
    field.push(next.token);
    at = next.at;
    if (next.end === "comma") continue;
    // A copy takes just the room that it needs; what grew has room for 17 tokens, and that for every column.
    fields.push(field.slice());
    field = [];
  }
  if (field.length > 0) fields.push(field);
  return { fields, tooLong };
}

interface Scanned {
  readonly token: Token;
  /** Where to go on. */
  readonly at: number;
  /** What ended it: an unquoted comma, the longest length, or a blank, a comment or the end of the line. */
  readonly end: "comma" | "limit" | "blank";
}

function nextToken(line: Line, from: number, crIsBlank: boolean, longest: number): Scanned | null {
  const { text: source } = line;
  let at = from;
  while (at < source.length && (isBlank(source[at], crIsBlank) || source[at] === ",")) at += 1;
  const start = at;

  let text = "";
  let run = start; // what stands from here on is part of the token and not in `text` yet
  let quoted = false;
  let open = false;
  let closed = -2; // where a quote was closed: another one right behind it is a literal quote
  for (; at < source.length; at += 1) {
    const character = source[at];
    if (!open && (character === "#" || isBlank(character, crIsBlank))) break;
    // Even if it is a quote or a comma, of which nothing is kept.
    if (text.length + at - run >= longest) {
      text += source.slice(run, at);
      return { token: { line, start, end: at, text, quoted }, at, end: "limit" };
    }
    if (!open && character === ",") break;
    if (character !== '"') continue;
    text += source.slice(run, at);
    run = at + 1;
    const doubled = closed === at - 1;
    if (doubled) text += '"';
    if (open) closed = at;
    open = !open;
    quoted ||= text === "";
  }
  text += source.slice(run, at);
  if (text === "" && !quoted) return null;
  const comma = source[at] === ",";
  const next = comma ? at + 1 : source[at] === "#" ? source.length : at;
  return { token: { line, start, end: at, text, quoted }, at: next, end: comma ? "comma" : "blank" };
}

/** Space, tab and, up to PostgreSQL 18, carriage return; not vertical tab, form feed or a no-break space. */
function isBlank(character: string | undefined, crIsBlank: boolean): boolean {
  return character === " " || character === "\t" || (crIsBlank && character === "\r");
}
