import type { Bytes } from "@sallyport/policy";
import { physicalLines } from "./physical-lines.ts";
import type { PhysicalLine } from "./physical-lines.ts";

/** Lines that follow each other and all change. */
export interface Hunk {
  /** Of the first of them. */
  readonly lineNumber: number;
  readonly before: readonly PhysicalLine[];
  /** As many; one less if the file ended with blanks that nothing ended. */
  readonly after: readonly PhysicalLine[];
}

/** What formatting has changed: lines keep their numbers, so that they need not be looked for. */
export function changesOf(before: Bytes, after: Bytes): Hunk[] {
  const changes: { lineNumber: number; before: PhysicalLine[]; after: PhysicalLine[] }[] = [];
  const now = physicalLines(after);
  for (const [at, line] of physicalLines(before).entries()) {
    const other = now[at];
    if (other?.body === line.body && other.end === line.end) continue;
    let change = changes.at(-1);
    if (!change || change.lineNumber + change.before.length !== line.number) {
      change = { lineNumber: line.number, before: [], after: [] };
      changes.push(change);
    }
    change.before.push(line);
    if (other) change.after.push(other);
  }
  return changes;
}
