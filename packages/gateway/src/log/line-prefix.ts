import type { Bytes } from "@sallyport/policy";
import { logTime, logTimeMs } from "./log-time.ts";

/** What is known of the session that a message is about; absent: not known yet. */
export interface SessionFacts {
  /** The number that `%p` and `%c` show, as a server shows the process id of its backend. */
  readonly pid: number;
  readonly startTime: Date;
  /** Address of the client, or `[local]`. */
  readonly remoteHost: Bytes;
  /** Null: a Unix socket. */
  readonly remotePort: Bytes | null;
  readonly user?: Bytes;
  readonly database?: Bytes;
  readonly applicationName?: Bytes;
  /** `%b`; absent: the startup packet is not read yet. */
  readonly backendType?: "client backend" | "walsender";
  /**
   * What a server shows in the process title, as far as a gateway knows it: of a session that is in only that it is.
   * Absent: the startup packet is not read yet.
   */
  readonly ps?: "authentication" | "startup" | "idle";
}

/** The process itself, for messages that are about no session. */
export interface ProcessFacts {
  readonly pid: number;
  readonly startTime: Date;
}

/** One line of the log, as far as its prefix can show it. */
export interface PrefixFacts {
  readonly time: Date;
  readonly sqlstate: string;
  readonly process: ProcessFacts;
  /** Null: the message is about no session. */
  readonly session: SessionFacts | null;
}

/** `log_line_prefix`, taken apart. */
export interface LinePrefix {
  readonly parts: readonly PrefixPart[];
}

type Shown = "a" | "b" | "c" | "d" | "e" | "h" | "l" | "m" | "n" | "p" | "r" | "s" | "t" | "u";

/** `%q` shows nothing: where there is no session the prefix ends at it. */
type Escape = Shown | "q";

type PrefixPart = Bytes | { readonly escape: Escape; readonly padding: number };

/** @param lineNumber of the line within its session or process, from 1 */
type Show = (facts: PrefixFacts, lineNumber: number) => Bytes;

/** The value of each escape. What only a session has is empty without one, and `[unknown]` until it is known. */
const escapes: Readonly<Record<Shown, Show>> = {
  a: ofSession((session) => session.applicationName || "[unknown]"),
  b: ({ session }) => (session ? (session.backendType ?? "not initialized") : "postmaster"),
  c: ({ process, session }) => sessionId(session ?? process),
  d: ofSession((session) => session.database || "[unknown]"),
  e: ({ sqlstate }) => sqlstate,
  h: ofSession((session) => session.remoteHost),
  l: (_, lineNumber) => String(lineNumber),
  m: ({ time }) => logTimeMs(time),
  n: ({ time }) => (time.getTime() / 1000).toFixed(3),
  p: ({ process, session }) => String((session ?? process).pid),
  r: ofSession(({ remoteHost, remotePort }) =>
    remotePort === null ? remoteHost : `${remoteHost}(${remotePort})`,
  ),
  s: ({ process, session }) => logTime((session ?? process).startTime),
  t: ({ time }) => logTime(time),
  u: ofSession((session) => session.user || "[unknown]"),
};

/** When it began and which number it has, in hexadecimal: `6b030d66.6761`. */
export function sessionId({ pid, startTime }: ProcessFacts): string {
  return `${Math.floor(startTime.getTime() / 1000).toString(16)}.${pid.toString(16)}`;
}

function ofSession(show: (session: SessionFacts) => Bytes): Show {
  return ({ session }) => (session ? show(session) : "");
}

export interface LinePrefixError {
  readonly error: { readonly detail: Bytes; readonly hint: Bytes };
}

/**
 * Takes `log_line_prefix` apart (manual, 19.8.3): `%` escapes, optionally with a width, negative to pad on the
 * right: `%-10u`. A server drops escapes that it does not know; here they are an error, and so are those that
 * a gateway has no value for.
 */
export function parseLinePrefix(text: Bytes): LinePrefix | LinePrefixError {
  const parts: PrefixPart[] = [];
  for (const [piece, width, letter] of text.matchAll(/%(-?[0-9]{0,4})([^]?)|[^%]+/g)) {
    if (letter === undefined) parts.push(piece);
    else if (letter === "%") parts.push("%");
    else if (isEscape(letter)) parts.push({ escape: letter, padding: Number(width || 0) || 0 });
    else return { error: unknownEscape(piece) };
  }
  return { parts };
}

function unknownEscape(piece: Bytes): LinePrefixError["error"] {
  const known = [...Object.keys(escapes), "q"].toSorted().map((letter) => `%${letter}`);
  return {
    detail: `Escape "${piece}" is not supported by this build.`,
    hint: `Supported escapes: ${known.join(", ")}, %%.`,
  };
}

function isEscape(letter: string): letter is Escape {
  return letter === "q" || Object.hasOwn(escapes, letter);
}

/**
 * The prefix of one line.
 *
 * @param lineNumber within its session or process, from 1
 */
export function showLinePrefix({ parts }: LinePrefix, facts: PrefixFacts, lineNumber: number): Bytes {
  let shown = "";
  for (const part of parts) {
    if (typeof part === "string") shown += part;
    else if (part.escape !== "q") shown += pad(escapes[part.escape](facts, lineNumber), part.padding);
    else if (facts.session === null) break;
  }
  return shown;
}

function pad(value: Bytes, padding: number): Bytes {
  if (padding === 0) return value;
  return padding < 0 ? value.padEnd(-padding) : value.padStart(padding);
}
