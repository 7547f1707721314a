import type { Bytes } from "../../bytes.ts";
import { hashName } from "../../digest/hash.ts";
import { replicationHash } from "../../digest/narrowness.ts";
import type { NameColumn } from "../../digest/narrowness.ts";
import { behindToken, comma, kindAt, ordinary, special } from "./characters.ts";

/** A stretch of a text that is an expression: is there nothing wrong with it? Null: in this release it is a name. */
export type ChecksRegex = ((text: Bytes, from: number, to: number) => boolean) | null;

export const notPlain = -1;

const quote = 0x22;

/**
 * Reads a column of names, a list that commas join without blanks, and gives the place behind it. A name may stand in quotes as a
 * whole:
 *
 *     app,"App two",+staff,/^r[0-9]+$
 */
export function scanNames(
  text: Bytes,
  from: number,
  to: number,
  column: NameColumn,
  { isUser, checksRegex }: { readonly isUser: boolean; readonly checksRegex: ChecksRegex },
): number {
  column.clear();
  for (let at = from; ;) {
    const first = text.charCodeAt(at);
    let end: number;
    if (first === quote) {
      end = text.indexOf('"', at + 1);
      if (end < 0 || end >= to) return notPlain;
      // An expression is one even in quotes.
      if (text.charCodeAt(at + 1) === 0x2f) return notPlain;
      column.add(hashName(text, at + 1, end));
      end += 1;
      if (kindAt(text, end) === ordinary && end < to) return notPlain;
    } else {
      end = behindToken(text, at, to);
      if (end === at || first === 0x40 /* @ */) return notPlain;
      if (first === 0x2f /* / */ && checksRegex) {
        if (!checksRegex(text, at + 1, end)) return notPlain;
        column.isNarrow = false;
      } else if (isUser ? isWideUser(text, at, end) : isWideDatabase(text, at, end)) column.isNarrow = false;
      else if (!isUser && isWord("replication", text, at, end)) column.add(replicationHash);
      else column.add(hashName(text, at, end));
    }
    if (end === to) return end;
    const kind = kindAt(text, end);
    if (kind === special) return notPlain;
    if (kind !== comma) return end;
    at = end + 1;
  }
}

function isWideUser(text: Bytes, from: number, to: number): boolean {
  return text.charCodeAt(from) === 0x2b /* + */ || isWord("all", text, from, to);
}

function isWideDatabase(text: Bytes, from: number, to: number): boolean {
  return (
    isWord("all", text, from, to) ||
    isWord("sameuser", text, from, to) ||
    isWord("samerole", text, from, to) ||
    isWord("samegroup", text, from, to)
  );
}

function isWord(word: string, text: Bytes, from: number, to: number): boolean {
  return to - from === word.length && text.startsWith(word, from);
}
