import { WireError } from "../errors.ts";

/** A point in time after which waiting ends, and a signal for those who wait. */
export interface Deadline {
  /** Aborts with a {@link WireError} `timeout`, or with the parent's reason. */
  readonly signal: AbortSignal;
  /** Stops the clock; call it when the wait is over, or the timer outlives it. */
  clear(): void;
  /** Aborts for a reason of the caller's. */
  abort(reason: WireError): void;
}

/**
 * One deadline over everything that follows; unlike `AbortSignal.timeout` it can be cleared, so that ten thousand
 * quick logins a second do not leave as many timers behind.
 *
 * @param milliseconds null for no limit
 * @param what for the message: `timeout expired: WHAT`
 * @param parent another signal to obey, until `clear`
 */
export function startDeadline(milliseconds: number | null, what: string, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer =
    milliseconds === null
      ? undefined
      : setTimeout(
          () => controller.abort(new WireError("timeout", `timeout expired: ${what}`)),
          milliseconds,
        );
  const follow = () => controller.abort(parent?.reason);
  const clear = () => {
    clearTimeout(timer);
    parent?.removeEventListener("abort", follow);
  };
  if (parent?.aborted === true) {
    follow();
  } else {
    parent?.addEventListener("abort", follow, { once: true });
  }
  const abort = (reason: WireError) => controller.abort(reason);
  return { signal: controller.signal, clear, abort };
}

/** The error with which a wait ends when `signal` has aborted. */
export function abortError(signal: AbortSignal): WireError {
  const reason: unknown = signal.reason;
  if (reason instanceof WireError) {
    return reason;
  }
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return timedOut
    ? new WireError("timeout", "timeout expired", reason)
    : new WireError("aborted", "the operation was aborted", reason);
}
