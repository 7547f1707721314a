import type { Bytes } from "@sallyport/policy";
import type { LogFields } from "./entry.ts";
import { jsonForm } from "./json-form.ts";
import type { LinePrefix, ProcessFacts, SessionFacts } from "./line-prefix.ts";
import { defaultSqlstate, isLogged } from "./severity.ts";
import type { MessageLevel, Severity } from "./severity.ts";
import { stderrForm } from "./stderr-form.ts";

/** Writes messages that are about one session, or about none. */
export interface Log {
  readonly log: (severity: Severity, message: Bytes, fields?: LogFields) => void;
}

export interface SessionLog extends Log {
  /** What became known of the session: from here on the prefix shows it. */
  readonly learn: (facts: Partial<SessionFacts>) => void;
}

/** A form of the log; whatever it is, `write` says where it goes. */
export type LogDestination = "stderr" | "jsonlog";

/** What a reload may change. */
export interface LogStyle {
  /** `log_destination`: in which forms each message is written; none: nothing is. */
  readonly destinations: readonly LogDestination[];
  readonly linePrefix: LinePrefix;
  readonly minMessages: MessageLevel;
}

export interface LoggerOptions extends LogStyle {
  /**
   * Takes one message at once, all its lines with their newlines and in all its forms: a byte string, to be written
   * as ISO 8859-1 (`process.stderr.write(entry, "latin1")`), so that names keep their bytes whatever they are.
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

/** A logger in the formats of PostgreSQL's log (manual, 19.8). */
export function createLogger(options: LoggerOptions): Logger {
  const { write, clock, process } = options;
  let style: LogStyle = options;

  function logFor(session: () => SessionFacts | null): Log["log"] {
    // Each form counts its own lines, as in a server.
    const written = { stderr: 0, jsonlog: 0 };
    return (severity, message, fields = {}) => {
      const { destinations, linePrefix, minMessages } = style;
      if (destinations.length === 0 || !isLogged(severity, minMessages)) return;
      const sqlstate = fields.sqlstate ?? defaultSqlstate(severity);
      const entry = { time: clock(), severity, sqlstate, message, fields, process, session: session() };
      let text = "";
      if (destinations.includes("stderr")) {
        text += stderrForm(entry, linePrefix, () => (written.stderr += 1));
      }
      if (destinations.includes("jsonlog")) text += jsonForm(entry, (written.jsonlog += 1));
      write(text);
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
