import type { Bytes } from "@sallyport/policy";

/** What of a line means something to the reader of tokens, besides blanks. */
export interface LineStructure {
  /** Offset of the `#` that begins a comment; the length of the line: there is none. */
  readonly comment: number;
  /** Offset of a quote that is never closed. */
  readonly openQuote: number | null;
  /** Offsets of commas outside of quotes. */
  readonly commas: readonly number[];
}

/** Quotes toggle wherever they stand (manual, 20.1): a doubled one closes and opens again. */
export function structureOf(text: Bytes): LineStructure {
  const commas: number[] = [];
  let openQuote: number | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') openQuote = openQuote === null ? at : null;
    else if (openQuote !== null) continue;
    else if (character === ",") commas.push(at);
    else if (character === "#") return { comment: at, openQuote, commas };
  }
  return { comment: text.length, openQuote, commas };
}

/** To every version: from PostgreSQL 19 on a carriage return is a part of the word. */
export function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
