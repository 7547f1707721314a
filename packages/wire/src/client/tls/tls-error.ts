/** Why there is no TLS, in libpq's words. */
import { getSystemErrorMessage } from "node:util";
import { WireError } from "../../errors.ts";
import type { TlsOptions } from "../../conninfo/tls-options.ts";

/** TLS was not established, or not with whom we wanted. */
export function tlsFailed(reason: string, cause?: unknown): WireError {
  return new WireError("tls_failed", reason, cause);
}

/** What the system says of an error of its own; null for others. */
export function systemReason(error: unknown): string | null {
  const number: unknown = error instanceof Error && "errno" in error ? error.errno : null;
  return typeof number === "number" && number < 0 ? getSystemErrorMessage(number) : null;
}

/** What OpenSSL says, without what it knows of its own source: `no start line`. */
export function opensslReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  const [, reason] = /^(?:[\dA-F]+:)?error:[\dA-F]+:[^:]*:[^:]*:([^:]+)/.exec(error.message) ?? [];
  return reason ?? error.message;
}

/** Reasons that come of versions on which the two ends cannot agree. */
const VERSION_REASONS: ReadonlySet<string> = new Set([
  "no protocols available",
  "unsupported protocol",
  "bad protocol version number",
  "unknown protocol",
  "unknown ssl version",
  "unsupported ssl version",
  "wrong ssl version",
  "wrong version number",
  "tlsv1 alert protocol version",
  "version too high",
  "version too low",
]);

/**
 * A handshake that failed.
 *
 * @param verification the server's certificate was not accepted
 */
export function handshakeError(error: Error, verification: boolean, options: TlsOptions): WireError {
  if (verification) {
    // Behind a semicolon Node has advice about its own options.
    const [reason = ""] = error.message.split(";");
    return tlsFailed(`SSL error: certificate verify failed: ${reason}`, error);
  }
  const system = systemReason(error);
  if (system !== null) return tlsFailed(`SSL SYSCALL error: ${system}`, error);
  if ("code" in error && error.code === "ECONNRESET") {
    return tlsFailed("SSL SYSCALL error: EOF detected", error);
  }
  const reason = opensslReason(error);
  const { minVersion, maxVersion } = options;
  const hint = VERSION_REASONS.has(reason)
    ? `\nThis may indicate that the server does not support any SSL protocol version between ${minVersion ?? "TLSv1"} and ${maxVersion ?? "TLSv1.3"}.`
    : "";
  return tlsFailed(`SSL error: ${reason}${hint}`, error);
}
