import type { Bytes } from "@sallyport/policy";
import { showLinePrefix } from "./line-prefix.ts";
import type { LinePrefix, ProcessFacts, SessionFacts } from "./line-prefix.ts";
import { defaultSqlstate, isLogged, severityWord } from "./severity.ts";
import type { MessageLevel, Severity } from "./severity.ts";

/** What may stand below a message. All texts are byte strings, since they quote names in any encoding. */
export interface LogFields {
  readonly detail?: Bytes | undefined;
  readonly hint?: Bytes | undefined;
  readonly context?: Bytes | undefined;
  readonly sqlstate?: string | undefined;
}

/** Writes messages that are about one session, or about none. */
export interface Log {
  readonly log: (severity: Severity, message: Bytes, fields?: LogFields) => void;
}

export interface SessionLog extends Log {
  /** What became known of the session: from here on the prefix shows it. */
  readonly learn: (facts: Partial<SessionFacts>) => void;
}

/** What a reload may change. */
export interface LogStyle {
  readonly linePrefix: LinePrefix;
  readonly minMessages: MessageLevel;
}

export interface LoggerOptions extends LogStyle {
  /**
   * Takes one message, all its lines with their newlines: a byte string, to be written as ISO 8859-1
   * (`process.stderr.write(entry, "latin1")`), so that names keep their bytes whatever they are.
   */
  readonly write: (entry: Bytes) => void;
  readonly clock: () => Date;
  readonly process: ProcessFacts;
}

export interface Logger extends Log {
  readonly session: (facts: SessionFacts) => SessionLog;
  /** After a reload. Sessions that are in already follow. */
  readonly restyle: (style: LogStyle) => void;
}

/** A logger in the format of PostgreSQL's `stderr` log (manual, 19.8). */
export function createLogger(options: LoggerOptions): Logger {
  const { write, clock, process } = options;
  let style: LogStyle = options;

  function logFor(session: () => SessionFacts | null): Log["log"] {
    let lineNumber = 0;
    return (severity, message, fields = {}) => {
      if (!isLogged(severity, style.minMessages)) return;
      const time = clock();
      const facts = { time, sqlstate: fields.sqlstate ?? defaultSqlstate(severity), process };
      let entry = "";
      for (const [label, text] of labelled(severity, message, fields)) {
        lineNumber += 1;
        const prefix = showLinePrefix(style.linePrefix, { ...facts, lineNumber, session: session() });
        entry += `${prefix}${label}:  ${indent(text)}\n`;
      }
      write(entry);
    };
  }

  return {
    log: logFor(() => null),
    session: (first) => {
      let facts = first;
      return {
        log: logFor(() => facts),
        learn: (more) => {
          facts = { ...facts, ...more };
        },
      };
    },
    restyle: (next) => {
      style = next;
    },
  };
}

function labelled(severity: Severity, message: Bytes, fields: LogFields): readonly [string, Bytes][] {
  const lines: [string, Bytes][] = [[severityWord(severity), message]];
  if (fields.detail !== undefined) lines.push(["DETAIL", fields.detail]);
  if (fields.hint !== undefined) lines.push(["HINT", fields.hint]);
  if (fields.context !== undefined) lines.push(["CONTEXT", fields.context]);
  return lines;
}

/** A tab after each newline: what a name contains never begins a line of the log. */
function indent(text: Bytes): Bytes {
  return text.replaceAll("\n", "\n\t");
}
