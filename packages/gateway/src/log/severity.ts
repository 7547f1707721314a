/** What a message of the log is; the texts are those of the log. */
export type Severity =
  | "DEBUG5"
  | "DEBUG4"
  | "DEBUG3"
  | "DEBUG2"
  | "DEBUG1"
  | "INFO"
  | "NOTICE"
  | "WARNING"
  | "ERROR"
  | "LOG"
  | "FATAL"
  | "PANIC";

/** The values of `log_min_messages`. */
export type MessageLevel =
  | "debug5"
  | "debug4"
  | "debug3"
  | "debug2"
  | "debug1"
  | "info"
  | "notice"
  | "warning"
  | "error"
  | "log"
  | "fatal"
  | "panic";

/** From the least to the most severe: in the log, LOG stands between ERROR and FATAL (manual, 19.8.2). */
export const messageLevels: readonly MessageLevel[] = [
  "debug5",
  "debug4",
  "debug3",
  "debug2",
  "debug1",
  "info",
  "notice",
  "warning",
  "error",
  "log",
  "fatal",
  "panic",
];

/** Does a message of this severity reach the log? */
export function isLogged(severity: Severity, least: MessageLevel): boolean {
  return rank(severity) >= levelRank(least);
}

/** The word that the log shows: all debug levels are one. */
export function severityWord(severity: Severity): string {
  return severity.startsWith("DEBUG") ? "DEBUG" : severity;
}

/** The SQLSTATE of a message that brings none of its own. */
export function defaultSqlstate(severity: Severity): string {
  const order = rank(severity);
  if (severity === "LOG" || order < levelRank("warning")) return "00000";
  return severity === "WARNING" ? "01000" : "XX000";
}

const ranks = new Map<string, number>(messageLevels.map((level, rank) => [level.toUpperCase(), rank]));

function levelRank(level: MessageLevel): number {
  return messageLevels.indexOf(level);
}

function rank(severity: Severity): number {
  return ranks.get(severity) ?? -1;
}
