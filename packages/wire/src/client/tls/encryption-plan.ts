/** Which kinds of connection are tried, in which order: manual, "SSL Support", `sslmode`. */
import { ServerError, WireError } from "../../errors.ts";
import type { SslMode } from "../../conninfo/tls-options.ts";

export type Encryption = "none" | "tls";

/**
 * What is left to try on one server. As in libpq 18 each kind is tried once: whatever fails before the server has let
 * us in, the next kind gets its turn, on a new connection.
 */
export class EncryptionPlan {
  readonly #left: Encryption[];

  /** @param unix on a Unix socket there is no TLS, whatever the mode */
  constructor(mode: SslMode, unix: boolean) {
    this.#left = unix ? ["none"] : [...ORDER[mode]];
  }

  /** The next kind to try, which is tried herewith; null: nothing is left. */
  next(): Encryption | null {
    return this.#left.shift() ?? null;
  }

  /**
   * Whether another kind is to be tried after this failure: of TLS itself, or a refusal before AuthenticationOk. A
   * server that lets nobody in for now (57P03), and one that speaks the oldest protocol (its errors have no SQLSTATE),
   * would say the same again.
   */
  mayGoOn(error: unknown): boolean {
    if (this.#left.length === 0) return false;
    if (error instanceof WireError) return error.code === "tls_failed";
    if (!(error instanceof ServerError) || error.authenticated) return false;
    return error.code !== "57P03" && error.fields.some(({ type }) => type === "C");
  }
}

const ORDER: Readonly<Record<SslMode, readonly Encryption[]>> = {
  disable: ["none"],
  allow: ["none", "tls"],
  prefer: ["tls", "none"],
  require: ["tls"],
  "verify-ca": ["tls"],
  "verify-full": ["tls"],
};
