import type { Bytes, HbaRule } from "@sallyport/policy";
import { isDirective } from "../format/cells.ts";
import { columnsOf } from "../format/columns.ts";
import type { Column, Columns } from "../format/columns.ts";
import { continues, trimmedEnd } from "../format/physical-lines.ts";
import type { PhysicalLine } from "../format/physical-lines.ts";
import { longestLine } from "../format/items.ts";
import type { LeftAlone } from "../format/items.ts";
import type { Reading } from "./readings.ts";

/** Where a rule stands. */
export interface RulePlace {
  readonly fileName: Bytes;
  readonly lineNumber: number;
}

export function placeOf({ fileName, lineNumber }: RulePlace): RulePlace {
  return { fileName, lineNumber };
}

/** A rule of the file that is being made. */
export interface DraftRule extends RulePlace {
  /** As each reading has it. */
  readonly rules: readonly HbaRule[];
  /** How it is written; null: it has to stay as it is. */
  readonly text: RuleText | null;
  /** Something is included between rules of different sections. */
  readonly section: number;
  /** What it matches stands in another file, and may change there. */
  readonly changeable: boolean;
  /** Its own, and those of rules that are a part of it now. */
  readonly comments: readonly Bytes[];
}

/** The columns of a rule as they are written. */
export interface RuleText {
  readonly type: Bytes;
  readonly database: Bytes;
  readonly user: Bytes;
  /** With its mask; empty: a `local` line. */
  readonly address: Bytes;
  /** The method and its options. */
  readonly method: Bytes;
}

export function ruleText({ type, database, user, address, method }: RuleText): Bytes {
  return [type, database, user, address, method].filter((column) => column !== "").join(" ");
}

export interface Draft {
  readonly rules: readonly DraftRule[];
  /** Lines that keep their words because of what they are. */
  readonly leftAlone: readonly LeftAlone[];
}

/**
 * The rules of a file with how they are written. Null: versions that would load it do not find rules in the same lines.
 *
 * @param lines of the file that is rewritten
 */
export function draftOf(
  lines: readonly PhysicalLine[],
  fileName: Bytes,
  readings: readonly Reading[],
): Draft | null {
  const [first, ...others] = readings;
  if (!first) return null;
  const written = writtenLines(lines);
  const draft: DraftRule[] = [];
  let section = 0;
  for (const [place, rule] of first.policy.rules.entries()) {
    const rules = [rule, ...others.flatMap((reading) => reading.policy.rules[place] ?? [])];
    const { lineNumber } = rule;
    const inSameLine = rules.every(
      (other) => other.fileName === rule.fileName && other.lineNumber === lineNumber,
    );
    if (!inSameLine || others.some((reading) => reading.policy.rules.length !== first.policy.rules.length))
      return null;
    const own = rule.fileName === fileName ? written.get(lineNumber) : undefined;
    section = own?.section ?? section;
    const isOneLine = rules.every(({ line }) => line.joins.length === 0);
    const text = own && isOneLine ? textOf(rule, own.columns) : null;
    const comments = text && own && own.comment !== "" ? [own.comment] : [];
    const changeable = own?.changeable ?? true;
    draft.push({ fileName: rule.fileName, lineNumber, rules, text, section, changeable, comments });
  }
  const leftAlone = [...written].flatMap(([lineNumber, { reason }]) =>
    reason !== null ? { lineNumber, reason } : [],
  );
  return { rules: draft, leftAlone };
}

interface WrittenLine {
  /** Null: the line keeps its words. */
  readonly columns: readonly Column[] | null;
  readonly comment: Bytes;
  readonly section: number;
  readonly changeable: boolean;
  /** Why it keeps its words; null: it need not. */
  readonly reason: string | null;
}

const forSallyport = /#\s*sallyport:/;

/** Lines with columns by their numbers. */
function writtenLines(lines: readonly PhysicalLine[]): ReadonlyMap<number, WrittenLine> {
  const written = new Map<number, WrittenLine>();
  let section = 0;
  let isMarked = false;
  for (const line of lines) {
    const cut = columnsOf(line.body);
    isMarked ||= forSallyport.test(line.body);
    if (cut?.columns.length === 0) continue;
    if (cut && isDirective(cut.columns)) section += 1;
    const reason = reasonToStay(line, cut, isMarked);
    const columns = reason === null && cut ? cut.columns : null;
    const comment = trimmedEnd(cut?.comment ?? "");
    const changeable = cut?.columns.some(({ tokens }) => tokens.some(isFile)) ?? true;
    written.set(line.number, { columns, comment, section, changeable, reason });
    isMarked = false;
  }
  return written;
}

function reasonToStay(line: PhysicalLine, cut: Columns | null, isMarked: boolean): string | null {
  if (!cut) return "it has a comma between its columns";
  if (isDirective(cut.columns)) return "no rule is moved past it, and what it includes is not touched";
  if (isMarked) return "a comment for Sallyport is about it";
  if (continues(line)) return "it goes on in the next line";
  if (line.body.includes("\r")) return "it has a carriage return in its middle";
  if (line.body.length > longestLine) return `it is longer than ${longestLine} bytes`;
  return cut.columns.some(({ tokens }) => tokens.some(isFile))
    ? "what stands in another file may change there"
    : null;
}

/** `@file` */
function isFile({ text, quoted }: Column["tokens"][number]): boolean {
  return !quoted && text.startsWith("@") && text.length > 1;
}

function textOf({ columns: { mask }, address }: HbaRule, columns: readonly Column[] | null): RuleText | null {
  if (!columns) return null;
  const [type, database, user, ...rest] = columns.map(({ written }) => written);
  const method = address === null ? 0 : mask === null ? 1 : 2;
  if (type === undefined || database === undefined || user === undefined) return null;
  const join = (from: number, to: number): Bytes => rest.slice(from, to).join(" ");
  return { type, database, user, address: join(0, method), method: join(method, rest.length) };
}
