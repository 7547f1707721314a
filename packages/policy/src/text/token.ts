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
    fields.push(field);
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
  let quoted = false;
  let open = false;
  let closedHere = false; // the previous character closed a quote: another one is a literal quote
  let comma = false;
  let end = source.length;
  for (; at < source.length; at += 1) {
    const character = source[at];
    if (!open && isBlank(character)) {
      end = at;
      break;
    }
    if (!open && character === "#") {
      end = at;
      at = source.length;
      break;
    }
    if (!open && character === ",") {
      end = at;
      at += 1;
      comma = true;
      break;
    }
    if (character !== '"') {
      text += character;
      closedHere = false;
      continue;
    }
    if (closedHere) text += '"';
    closedHere = open && !closedHere;
    open = !open;
    quoted ||= text === "";
  }
  return text === "" && !quoted ? null : { token: { line, start, end, text, quoted }, at, comma };
}

/** Space, tab and carriage return; not vertical tab, form feed or a no-break space. */
function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}
