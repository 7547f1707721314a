/**
 * NFKC (UAX #15) in time that grows with the length of the text alone.
 *
 * `String.prototype.normalize` sorts combining marks by insertion: a password of 64 kB of them, which anybody may
 * send to a `password` line, would keep the event loop for more than a second. So long runs are sorted here, in the
 * order that the engine itself gives any two marks, and what it then normalises is sorted already.
 */
export function nfkc(text: string): string {
  const decomposed = text.replaceAll(/[^\0-\u007F]/gu, (character) => character.normalize("NFKD"));
  return sortLongRuns(decomposed).normalize("NFC");
}

/**
 * More marks in a row than any language has: the limit of the Stream-Safe Text Format (UAX #15, section 13).
 * Whatever has a combining class is of the general category Mark.
 */
const LONG_RUN = /\p{M}{31,}/gu;

/** The canonical ordering algorithm, applied to long runs only. */
function sortLongRuns(text: string): string {
  const runs = text.match(LONG_RUN);
  if (runs === null) {
    return text;
  }
  const ranks = rankMarks(new Set(runs.join("")));
  return text.replaceAll(LONG_RUN, (run) => sortMarks(run, ranks));
}

/** The marks with a combining class other than 0, and the rank of that class among theirs, from 1. */
function rankMarks(marks: ReadonlySet<string>): ReadonlyMap<string, number> {
  const sorted = [...marks].filter(hasClass).toSorted((a, b) => (swap(a, b) ? 1 : swap(b, a) ? -1 : 0));
  const ranks = new Map<string, number>();
  let rank = 1;
  let previous = "";
  for (const mark of sorted) {
    if (swap(mark, previous)) {
      rank += 1;
    }
    ranks.set(mark, rank);
    previous = mark;
  }
  return ranks;
}

/** Marks move within their segment, which begins behind a mark of class 0; equal ranks keep their order. */
function sortMarks(run: string, ranks: ReadonlyMap<string, number>): string {
  const segments: string[][][] = [[]];
  for (const mark of run) {
    const rank = ranks.get(mark) ?? 0;
    if (rank === 0) {
      segments.push([]);
    }
    const byRank = segments.at(-1) ?? [];
    (byRank[rank] ??= []).push(mark);
  }
  return segments.flat(2).join("");
}

/** Whether canonical ordering puts `right` before `left`. */
function swap(left: string, right: string): boolean {
  const pair = left + right;
  return pair.normalize("NFD") !== pair;
}

/** Compared with the lowest class, 1, and the highest, 240; a mark of class 0 stays where it is. */
function hasClass(mark: string): boolean {
  return swap(mark, "\u0334") || swap("\u0345", mark);
}
