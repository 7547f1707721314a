import type { Bytes } from "./bytes.ts";
import { configFileError } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { Line, Span } from "./text/line.ts";

/** Why a line is no rule. The first one of a line ends its reading. */
export interface Mistake {
  readonly kind: "mistake";
  /** The text of the view's error column; null where PostgreSQL logs and leaves the column empty. */
  readonly shown: Bytes | null;
  readonly logged: Bytes;
  readonly hint?: Bytes;
  readonly sqlstate: string;
  readonly span: Span;
  /** The log has no CONTEXT with the line. */
  readonly unplaced?: true;
}

interface Particulars {
  readonly hint?: Bytes;
  /** The log's text where it differs from the view's. */
  readonly logged?: Bytes;
  readonly sqlstate?: string;
  readonly unplaced?: true;
}

export function mistake(span: Span, text: Bytes, particulars: Particulars = {}): Mistake {
  return { kind: "mistake", shown: text, logged: text, sqlstate: configFileError, span, ...particulars };
}

/** One that only the log tells of: the view then shows a row without columns, without error and with a number. */
export function silentMistake(span: Span, logged: Bytes): Mistake {
  return { kind: "mistake", shown: null, logged, sqlstate: configFileError, span };
}

export function isMistake(value: unknown): value is Mistake {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "mistake";
}

export function problemOf({ logged, hint, sqlstate, span, unplaced }: Mistake, line: Line): Problem {
  const context = unplaced ? [] : [line];
  const problem: Problem = { severity: "error", text: logged, sqlstate, span, context };
  return hint === undefined ? problem : { ...problem, hint };
}
