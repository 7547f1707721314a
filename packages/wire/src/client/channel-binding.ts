/** `channel_binding`: whether SCRAM is bound to the TLS connection: manual, "Parameter Key Words". */
import type { ChannelBindingMode } from "../conninfo/tls-options.ts";
import { WireError } from "../errors.ts";
import type { ScramBinding } from "../scram/client.ts";
import { tlsServerEndPoint } from "../x509/end-point.ts";

export interface ClientChannelBinding {
  readonly mode: ChannelBindingMode;
  /** What the server presented, DER; null: the connection is not in TLS. */
  readonly serverCertificate: Buffer | null;
}

/**
 * The mechanism to log in by: SCRAM-SHA-256-PLUS wherever that can be, as in libpq.
 *
 * @param offered by the server
 * @throws {WireError} `authentication_failed`, `not_supported`, in libpq's words
 */
export function chooseMechanism(
  offered: readonly string[],
  { mode, serverCertificate }: ClientChannelBinding,
): { readonly mechanism: string; readonly binding: ScramBinding } {
  if (mode === "require" && serverCertificate === null) {
    throw failed("channel binding required, but SSL not in use");
  }
  if (offered.includes("SCRAM-SHA-256-PLUS")) {
    // A server offers it in TLS alone: somebody has taken the TLS away in between.
    if (serverCertificate === null) {
      throw failed("server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection");
    }
    if (mode !== "disable") {
      return { mechanism: "SCRAM-SHA-256-PLUS", binding: { endPoint: endPoint(serverCertificate) } };
    }
  }
  if (!offered.includes("SCRAM-SHA-256")) {
    const reason = "none of the server's SASL authentication mechanisms are supported";
    throw new WireError("not_supported", reason);
  }
  if (mode === "require") {
    throw failed(
      "channel binding is required, but server did not offer an authentication method that supports channel binding",
    );
  }
  const couldBind = mode !== "disable" && serverCertificate !== null;
  return { mechanism: "SCRAM-SHA-256", binding: couldBind ? "unused" : "none" };
}

function endPoint(serverCertificate: Buffer): Buffer {
  const digest = tlsServerEndPoint(serverCertificate);
  if (digest === null) throw failed("could not find digest for NID UNDEF");
  return digest;
}

function failed(message: string): WireError {
  return new WireError("authentication_failed", message);
}
