import type { TLSSocket } from "node:tls";
import type { Bytes } from "@sallyport/policy";
import { cipherBits } from "./cipher-bits.ts";
import { clientCertificateOf } from "./client-certificate.ts";
import type { ClientCertificate } from "./client-certificate.ts";
import type { TlsConfiguration } from "./read-tls.ts";
import { alpnProtocol } from "./tls-server.ts";

/** What a handshake has settled. */
export interface TlsSession {
  /** `TLSv1.3` */
  readonly protocol: Bytes;
  /** As OpenSSL calls it. */
  readonly cipher: Bytes;
  /** Of the cipher's key. */
  readonly bits: number;
  /** The client has asked for PostgreSQL's protocol by name. */
  readonly namesProtocol: boolean;
  /** What the client may bind its login to; null: our certificate's signature has no digest. */
  readonly endPoint: Buffer | null;
  /** Certificates of clients can be checked: somebody is trusted to sign them. */
  readonly checksCertificates: boolean;
  /** The client's own; null: it has shown none. */
  readonly certificate: ClientCertificate | null;
}

export function tlsSessionOf(socket: TLSSocket, configuration: TlsConfiguration): TlsSession {
  const { name } = socket.getCipher();
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: name,
    bits: cipherBits(name),
    namesProtocol: socket.alpnProtocol === alpnProtocol,
    endPoint: configuration.endPoint,
    checksCertificates: configuration.clients.asked,
    certificate: clientCertificateOf(socket, configuration.clients),
  };
}
