/** What follows from a failure while there are more servers to try: as libpq does it, from 15 to 18. */
import { ServerError, WireError } from "../errors.ts";
import { describeHost } from "./server-target.ts";
import type { ServerTarget } from "./server-target.ts";

/** A failure that is not final. */
export interface Failure {
  readonly error: Error;
  /** With the server in it. */
  readonly text: string;
  /** What may be tried next: another address of the same host, or another host only. */
  readonly next: "address" | "host";
}

/**
 * Only what says that a server is not there, or not for us, lets another be tried: no connection, no answer in time,
 * 57P03 before AuthenticationOk, a session that `target_session_attrs` does not ask for.
 *
 * @returns null if the failure is final
 */
export function failureOf(error: unknown, target: ServerTarget): Failure | null {
  const failed = (reason: string) => `connection to ${describeHost(target)} failed: ${reason}`;
  if (error instanceof ServerError) {
    const text = failed(`${error.severity}:  ${error.message}`);
    return error.code === "57P03" && !error.authenticated ? { error, text, next: "host" } : null;
  }
  if (!(error instanceof WireError)) {
    return null;
  }
  switch (error.code) {
    case "connect_failed":
      return { error, text: error.message, next: "address" };
    case "timeout": {
      const text = failed("timeout expired");
      return { error: new WireError("timeout", text, error), text, next: "address" };
    }
    case "unwanted_session": {
      const text = failed(error.message);
      return { error: new WireError("unwanted_session", text, error), text, next: "host" };
    }
    default:
      return null;
  }
}

/** The error when no host was left: the only failure itself, or `connect_failed` with a line for each. */
export function allFailed(failures: readonly Failure[]): Error {
  const [only] = failures;
  if (only !== undefined && failures.length === 1) {
    return only.error;
  }
  const text = failures.map((failure) => failure.text).join("\n");
  const cause = new AggregateError(failures.map(({ error }) => error));
  return new WireError("connect_failed", text || "no host to connect to", cause);
}
