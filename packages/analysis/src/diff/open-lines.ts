import type { MapLine } from "./map-lines.ts";
import type { NamedMap } from "./maps.ts";

/** A line that may grant on its side what the other map does not. */
export interface OpenLine {
  readonly side: "old" | "new";
  readonly line: MapLine;
  /** The other map has the same line. */
  readonly isThere: boolean;
  /** Of such a line: whether, because of lines before it, it may grant something else after all; null: nobody has looked. */
  mayDiffer: boolean | null;
  /** That nothing could be found out about it has been told. */
  told: boolean;
  /** Nothing more is to be looked for. */
  settled: boolean;
}

/** The lines of two maps that are not settled yet. */
export type OpenLines = (old: NamedMap, now: NamedMap) => readonly OpenLine[];

/** Many rules name the same map: what is settled for one of them need not be looked at for the next. */
export function openLines(): OpenLines {
  const known = new Map<NamedMap, Map<NamedMap, readonly OpenLine[]>>();
  return (old, now) => {
    const row = known.get(old) ?? new Map<NamedMap, readonly OpenLine[]>();
    known.set(old, row);
    const left = (row.get(now) ?? differing(old, now)).filter(({ settled }) => !settled);
    row.set(now, left);
    return left;
  };
}

function differing(old: NamedMap, now: NamedMap): readonly OpenLine[] {
  // A line without a group for \1 ends the search, so then no line stands for itself.
  const alone = [...old.lines, ...now.lines].every(({ box }) => box !== null);
  const linesOf = (side: "old" | "new", own: NamedMap, other: NamedMap): OpenLine[] => {
    const there = new Set(other.lines.map(({ meaning }) => meaning));
    const once = new Map(own.lines.toReversed().map((line) => [line.meaning, line]));
    return own.lines.flatMap((line) => {
      const isThere = there.has(line.meaning);
      if ((isThere && alone) || once.get(line.meaning) !== line) return [];
      return [{ side, line, isThere, mayDiffer: null, told: false, settled: false }];
    });
  };
  return [...linesOf("new", now, old), ...linesOf("old", old, now)];
}
