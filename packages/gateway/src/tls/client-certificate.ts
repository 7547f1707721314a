import type { TLSSocket } from "node:tls";
import { certificateNames } from "@sallyport/wire";
import type { CertificateNames } from "@sallyport/methods";
import type { LoggedFault } from "./handshake-fault.ts";
import type { ClientCertificates } from "./read-tls.ts";
import { verificationFault } from "./verification-fault.ts";

/** A certificate that a client has shown: its names, or why it is not good. Then the connection ends. */
export type ClientCertificate = CertificateNames | { readonly fault: LoggedFault };

/**
 * What a handshake has told of the client. Whatever its rule will ask for: of one that is not good a server does not hear what it
 * wants.
 *
 * @returns null: it has shown none
 */
export function clientCertificateOf(
  socket: TLSSocket,
  clients: ClientCertificates,
): ClientCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  // Whether it is good is told of connections without one, too, as a failure.
  if (certificate === undefined) return null;
  const code = socket.authorized ? null : String(socket.authorizationError);
  const reason = code ?? (clients.withoutLists ? "UNABLE_TO_GET_CRL" : null);
  if (reason !== null) return { fault: verificationFault(reason, certificate, clients) };
  const names = certificateNames(certificate);
  return names.kind === "names" ? names : { fault: { message: names.logMessage, sqlstate: "08P01" } };
}
