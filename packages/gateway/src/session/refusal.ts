import type { Writable } from "node:stream";
import { utf8Bytes } from "@sallyport/policy";
import { encodeFatalError, FatalError, ServerError, WireError } from "@sallyport/wire";
import type { Log } from "../log/index.ts";

/**
 * Tells the client what it may know, if anything, and the log all. The caller closes. Of whoever did not say who it
 * wants to be (`arrived`) nobody takes note, as in PostgreSQL.
 */
export function refuse(socket: Writable, error: unknown, log: Log, arrived: boolean): void {
  if (error instanceof FatalError) {
    socket.write(encodeFatalError(error));
    if (!error.unlogged) logFatal(log, error);
  } else if (error instanceof ServerError) {
    const { message, detail, hint, code, fields } = error;
    const context = fields.find(({ type }) => type === "W")?.value;
    log.log("FATAL", message, { detail, hint, context, sqlstate: code });
  } else if (error instanceof WireError && error.code === "timeout") {
    if (arrived) log.log("FATAL", "canceling authentication due to timeout", { sqlstate: "57014" });
  } else if (!(error instanceof WireError)) {
    const internal = new FatalError("XX000", "internal error", {
      logDetail: utf8Bytes(String(error)),
      cause: error,
    });
    socket.write(encodeFatalError(internal));
    logFatal(log, internal);
  }
}

export function logFatal(log: Log, { message, detail, hint, logDetail, code }: FatalError): void {
  const details = [detail, logDetail].filter((text) => text !== undefined);
  log.log("FATAL", message, {
    detail: details.length > 0 ? details.join("\n") : undefined,
    hint,
    sqlstate: code,
  });
}
