import type { Bytes } from "../../bytes.ts";
import { basis, hashName, mixed, prime } from "../../digest/hash.ts";
import { replicationHash } from "../../digest/narrowness.ts";
import type { NameColumn } from "../../digest/narrowness.ts";
import { beginsWith, comma, kindAt, kinds, ordinary, special } from "./characters.ts";

/** A stretch of a text that is an expression: is there nothing wrong with it? Null: in this release it is a name. */
export type ChecksRegex = ((text: Bytes, from: number, to: number) => boolean) | null;

export const notPlain = -1;

const quote = 0x22;

/**
 * Reads a column of names, a list that commas join without blanks, and gives the place behind it. A name may stand in quotes as a
 * whole:
 *
 *     app,"App two",+staff,/^r[0-9]+$
 *
 * It goes once over every byte, and calls little: this is where the time goes in a large file.
 */
export function scanNames(
  text: Bytes,
  from: number,
  to: number,
  column: NameColumn,
  isUser: boolean,
  checksRegex: ChecksRegex,
): number {
  column.clear();
  for (let at = from; ;) {
    const first = text.charCodeAt(at);
    if (first === quote) {
      const start = at + 1;
      at = text.indexOf('"', start);
      // An expression is one even in quotes.
      if (at < 0 || at >= to || text.charCodeAt(start) === 0x2f) return notPlain;
      column.add(hashName(text, start, at));
      at += 1;
      if (at < to && kindAt(text, at) === ordinary) return notPlain;
    } else {
      const start = at;
      let sum = basis;
      for (; at < to; at += 1) {
        const code = text.charCodeAt(at);
        if (kinds[code] !== ordinary) break;
        sum = Math.imul(sum ^ code, prime);
      }
      if (at === start || first === 0x40 /* @ */) return notPlain;
      if (first === 0x2f /* / */ && checksRegex) {
        if (!checksRegex(text, start + 1, at)) return notPlain;
        column.isNarrow = false;
      } else if (isUser ? isWideUser(first, text, start, at) : isWideDatabase(first, text, start, at)) {
        column.isNarrow = false;
      } else {
        const isReplication = !isUser && first === 0x72 /* r */ && isWord("replication", text, start, at);
        column.add(isReplication ? replicationHash : mixed(sum));
      }
    }
    if (at === to) return at;
    const kind = kindAt(text, at);
    if (kind === special) return notPlain;
    if (kind !== comma) return at;
    at += 1;
  }
}

function isWideUser(first: number, text: Bytes, from: number, to: number): boolean {
  return first === 0x2b /* + */ || (first === 0x61 /* a */ && isWord("all", text, from, to));
}

function isWideDatabase(first: number, text: Bytes, from: number, to: number): boolean {
  if (first === 0x61 /* a */) return isWord("all", text, from, to);
  if (first !== 0x73 /* s */) return false;
  return (
    isWord("sameuser", text, from, to) ||
    isWord("samerole", text, from, to) ||
    isWord("samegroup", text, from, to)
  );
}

function isWord(word: string, text: Bytes, from: number, to: number): boolean {
  return to - from === word.length && beginsWith(text, from, word);
}
