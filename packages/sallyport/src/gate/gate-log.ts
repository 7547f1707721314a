import { createLogger, parseLinePrefix } from "@sallyport/gateway";
import type { Logger, LogStyle, Settings } from "@sallyport/gateway";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

export function gateLogger(settings: Settings, io: Io, write: (entry: string) => void): Logger {
  return createLogger({
    write,
    clock: io.clock,
    ...logStyle(settings),
    process: { pid: process.pid, startTime: io.clock() },
  });
}

/** What a reload may change of a log. */
export function logStyle({ log_destination, log_line_prefix, log_min_messages }: Settings): LogStyle {
  const linePrefix = parseLinePrefix(log_line_prefix);
  if ("error" in linePrefix)
    throw new Failure(`invalid value for parameter "log_line_prefix"`, linePrefix.error);
  return { destinations: log_destination, linePrefix, minMessages: log_min_messages };
}
