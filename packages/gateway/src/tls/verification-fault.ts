import type { X509Certificate } from "node:crypto";
import { certificateForLog } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { LoggedFault } from "./handshake-fault.ts";
import type { ClientCertificates } from "./read-tls.ts";

/** What OpenSSL says of each of its codes. */
const texts: ReadonlyMap<string, Bytes> = new Map([
  ["UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"],
  ["CERT_SIGNATURE_FAILURE", "certificate signature failure"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid"],
  ["CERT_HAS_EXPIRED", "certificate has expired"],
  ["CERT_REVOKED", "certificate revoked"],
  ["CERT_CHAIN_TOO_LONG", "certificate chain too long"],
  ["CERT_UNTRUSTED", "certificate not trusted"],
  ["CERT_REJECTED", "certificate rejected"],
  ["INVALID_CA", "invalid CA certificate"],
  ["INVALID_PURPOSE", "unsuitable certificate purpose"],
  ["PATH_LENGTH_EXCEEDED", "path length constraint exceeded"],
  ["UNABLE_TO_GET_CRL", "unable to get certificate CRL"],
  ["CRL_SIGNATURE_FAILURE", "CRL signature failure"],
  ["CRL_NOT_YET_VALID", "CRL is not yet valid"],
  ["CRL_HAS_EXPIRED", "CRL has expired"],
]);

/**
 * A certificate that is not good, in a server's words. It says at which certificate of the chain that showed, 0 being the client's own:
 * Node does not tell, so it is looked for.
 *
 * @param code OpenSSL's, as Node spells it
 */
export function verificationFault(
  code: string,
  certificate: X509Certificate,
  { authorities }: ClientCertificates,
): LoggedFault {
  const path = pathOf(certificate, authorities);
  const first = faultOfPath(path, authorities) ?? code;
  const depth = depthOf(first, path);
  const text = texts.get(first) ?? first.toLowerCase().replaceAll("_", " ");
  return {
    message: "could not accept SSL connection: certificate verify failed",
    sqlstate: "08P01",
    detail: `Client certificate verification failed at depth ${depth}: ${text}.\nFailed certificate data (unverified): ${certificateForLog(path[depth] ?? certificate)}.`,
  };
}

/** A chain has seldom more than three. */
const longestPath = 16;

/** The certificate, its issuer, and so on: first as the client has shown them, then of the authorities that we know. */
function pathOf(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] {
  const path = [certificate];
  for (let last = certificate; path.length < longestPath && !isSelfIssued(last);) {
    const issued = last;
    const shown = issued.issuerCertificate;
    const next = shown ?? authorities.find((authority) => issued.checkIssued(authority));
    if (next === undefined) break;
    path.push(next);
    last = next;
  }
  return path;
}

/** A server stops at the first fault, and that is a path that leads nowhere. Node goes on, and tells the last one. */
function faultOfPath(
  path: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): string | null {
  const top = path.at(-1);
  if (top === undefined) return null;
  const trusted = authorities.some(({ fingerprint256 }) => fingerprint256 === top.fingerprint256);
  if (isSelfIssued(top)) {
    if (trusted) return null;
    return path.length === 1 ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "SELF_SIGNED_CERT_IN_CHAIN";
  }
  return trusted ? "UNABLE_TO_GET_ISSUER_CERT" : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate);
}

function depthOf(code: string, path: readonly X509Certificate[]): number {
  return Math.max(0, faultyIndex(code, path));
}

/** -1: none of them shows it. */
function faultyIndex(code: string, path: readonly X509Certificate[]): number {
  switch (code) {
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return path.length - 1;
    // From the authority down.
    case "CERT_HAS_EXPIRED":
      return path.findLastIndex(({ validTo }) => Date.parse(validTo) < Date.now());
    case "CERT_NOT_YET_VALID":
      return path.findLastIndex(({ validFrom }) => Date.parse(validFrom) > Date.now());
    case "CERT_SIGNATURE_FAILURE":
      return path.findLastIndex((one, at) => !isSignedBy(one, path[at + 1]));
    default:
      return 0;
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate | undefined): boolean {
  return issuer === undefined || certificate.verify(issuer.publicKey);
}
