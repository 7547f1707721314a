import { diagnostic, inPassing } from "@sallyport/policy";
import type { Bytes, HbaEntry, IdentEntry, Problem } from "@sallyport/policy";
import { slotsOf } from "./cells.ts";
import { ItemReader, longestLine } from "./items.ts";
import type { LeftAlone } from "./items.ts";
import { layOut } from "./layout.ts";
import { readFile } from "./meaning.ts";
import type { Source } from "./meaning.ts";
import { continues, physicalLines } from "./physical-lines.ts";
import type { PhysicalLine } from "./physical-lines.ts";
import { findMismatch } from "./proof.ts";
import type { Mismatch } from "./proof.ts";

/** A file to lay out. */
export interface FormatSource extends Source {
  readonly bytes: Bytes;
}

/** The file as it should look, or why it is not given: it would have become another one. */
export type Formatting =
  | {
      readonly bytes: Bytes;
      /** Lines that keep their bytes because of what they are, in their order. */
      readonly leftAlone: readonly LeftAlone[];
      readonly difference: null;
    }
  | { readonly bytes: null; readonly difference: Mismatch };

/**
 * Aligns the columns of a `pg_hba.conf` or `pg_ident.conf`. Nothing but blanks changes, and every line keeps its number. Never throws
 * for what a file holds; what it gives has been read and compared as every release of PostgreSQL reads it.
 */
export function formatFile(source: FormatSource): Formatting {
  const { bytes, kind } = source;
  // How an old server cuts lines that hold one depends on the lengths of all lines before.
  if (bytes.includes("\0")) {
    const lineNumber = bytes.slice(0, bytes.indexOf("\0")).split("\n").length;
    const reason = "it has a NUL byte, which hides what follows it: the whole file is left as it is";
    return { bytes, leftAlone: [{ lineNumber, reason }], difference: null };
  }
  const reader = new ItemReader(kind, mistakesOf(source));
  for (const line of logicalLines(physicalLines(bytes))) reader.add(line);
  const { items, leftAlone } = reader;
  const texts = layOut(items, slotsOf[kind]);
  const laidOut = items.map(({ line }, at) => (texts[at] ?? "") + line.end).join("");
  const formatted = laidOut + missingEnd(items.at(-1)?.line, texts.at(-1) ?? "", bytes);
  const difference = findMismatch(bytes, formatted, source);
  return difference ? { bytes: null, difference } : { bytes: formatted, leftAlone, difference: null };
}

/** Physical lines that a backslash joins, together. */
function* logicalLines(lines: readonly PhysicalLine[]): Generator<PhysicalLine[], undefined, undefined> {
  let joined: PhysicalLine[] = [];
  for (const line of lines) {
    joined.push(line);
    if (continues(line)) continue;
    yield joined;
    joined = [];
  }
  if (joined.length > 0) yield joined;
}

/** What ends the last line, if nothing does: what somebody appends to the file must not become a part of it. */
function missingEnd(last: PhysicalLine | undefined, text: Bytes, bytes: Bytes): Bytes {
  if (!last || last.end.endsWith("\n") || /^[ \t]*$/.test(text) || continues(last)) return "";
  if (last.body.length > longestLine) return "";
  return last.end === "" && /\r\n/.test(bytes) ? "\r\n" : "\n";
}

/** What keeps the server from loading lines of this file, by their numbers. */
function mistakesOf(source: FormatSource): Map<number, string> {
  const { bytes, fileName } = source;
  const { entries, problems } = readFile(bytes, source);
  const words = new Map<number, string>();
  for (const problem of problems) {
    const number = problem.severity === "error" ? lineIn(fileName, problem) : null;
    if (number !== null && !words.has(number)) words.set(number, diagnostic(problem).message);
  }
  const mistakes = new Map<number, string>();
  for (const entry of inPassing<HbaEntry | IdentEntry>(entries)) {
    const { file, number } = entry.line;
    const right = "rule" in entry ? entry.rule !== null : entry.mapping !== null;
    if (!right && file === fileName) mistakes.set(number, words.get(number) ?? "the server refuses it");
  }
  return mistakes;
}

function lineIn(fileName: Bytes, { context, span }: Problem): number | null {
  const line = context.find(({ file }) => file === fileName) ?? span?.line;
  return line?.file === fileName ? line.number : null;
}
