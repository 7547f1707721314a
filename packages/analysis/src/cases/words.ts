import type { Bytes, Line, Span } from "@sallyport/policy";

/** One word of a case. */
export interface Word extends Span {
  /** Without quotes. */
  readonly text: Bytes;
  /** What stands before the first `=` outside of quotes; without one, all of it. */
  readonly name: Bytes;
  /** What stands behind it; null: there is no `=`. */
  readonly value: Bytes | null;
}

/** The words of a line, or the place of a quote that is not closed. */
export type Words = { readonly words: readonly Word[] } | { readonly unclosed: Span };

/** What stands between an attempt and what must become of it. */
const arrow = "=>";

export function isArrow({ line, start, end }: Word): boolean {
  return line.text.slice(start, end) === arrow;
}

/**
 * Cuts a line into words, as `pg_hba.conf` does: at blanks, with double quotes, `""` for one inside, and `#` for a comment.
 * Unlike there a comma means nothing, and a quote has to be closed.
 *
 *     user="two words"  local  => peer  # so far
 *     ^^^^^^^^^^^^^^^^  ^^^^^  ^^ ^^^^
 */
export function wordsOf(line: Line): Words {
  const words: Word[] = [];
  const { text } = line;
  for (let at = 0; at < text.length; at += 1) {
    if (isBlank(text[at])) continue;
    if (text[at] === "#") break;
    const word = wordAt(line, at);
    if ("unclosed" in word) return word;
    words.push(word);
    at = word.end - 1;
  }
  return { words };
}

function wordAt(line: Line, start: number): Word | { readonly unclosed: Span } {
  const { text: source } = line;
  let text = "";
  let equals = -1;
  let quote = -1; // where the quote that is open stands
  let at = start;
  for (; at < source.length; at += 1) {
    const character = source[at];
    if (quote < 0 && (isBlank(character) || character === "#")) break;
    if (character === '"' && quote >= 0 && source[at + 1] === '"') at += 1;
    else if (character === '"') {
      quote = quote < 0 ? at : -1;
      continue;
    }
    if (character === "=" && quote < 0 && equals < 0) equals = text.length;
    text += character;
  }
  if (quote >= 0) return { unclosed: { line, start: quote, end: source.length } };
  const name = equals < 0 ? text : text.slice(0, equals);
  const value = equals < 0 ? null : text.slice(equals + 1);
  return { line, start, end: at, text, name, value };
}

/** A value so that it is one word and means itself. */
export function quoted(value: Bytes): Bytes {
  return /^[^ \t\r\n"#]+$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}
