/** The channel binding `tls-server-end-point`: RFC 5929, section 4. */
import { createHash } from "node:crypto";
import { WireError } from "../errors.ts";
import { DER, DerReader, objectIdentifier } from "./der.ts";

/** The digests that signatures are made with, by the names of `crypto`. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.2.5", "md5"],
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
  ["2.16.840.1.101.3.4.2.4", "sha224"],
  ["2.16.840.1.101.3.4.2.5", "sha512-224"],
  ["2.16.840.1.101.3.4.2.6", "sha512-256"],
  ["2.16.840.1.101.3.4.2.7", "sha3-224"],
  ["2.16.840.1.101.3.4.2.8", "sha3-256"],
  ["2.16.840.1.101.3.4.2.9", "sha3-384"],
  ["2.16.840.1.101.3.4.2.10", "sha3-512"],
]);

/** Signature algorithms whose name says the digest (RFC 8017, 3279, 5758; the NIST's list). Ed25519 has none. */
const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.4", "md5"],
  ["1.2.840.113549.1.1.5", "sha1"],
  ["1.3.14.3.2.29", "sha1"],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.113549.1.1.14", "sha224"],
  ["1.2.840.113549.1.1.15", "sha512-224"],
  ["1.2.840.113549.1.1.16", "sha512-256"],
  ["1.2.840.10040.4.3", "sha1"],
  ["2.16.840.1.101.3.4.3.1", "sha224"],
  ["2.16.840.1.101.3.4.3.2", "sha256"],
  ["2.16.840.1.101.3.4.3.3", "sha384"],
  ["2.16.840.1.101.3.4.3.4", "sha512"],
  ["1.2.840.10045.4.1", "sha1"],
  ["1.2.840.10045.4.3.1", "sha224"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["2.16.840.1.101.3.4.3.9", "sha3-224"],
  ["2.16.840.1.101.3.4.3.10", "sha3-256"],
  ["2.16.840.1.101.3.4.3.11", "sha3-384"],
  ["2.16.840.1.101.3.4.3.12", "sha3-512"],
  ["2.16.840.1.101.3.4.3.13", "sha3-224"],
  ["2.16.840.1.101.3.4.3.14", "sha3-256"],
  ["2.16.840.1.101.3.4.3.15", "sha3-384"],
  ["2.16.840.1.101.3.4.3.16", "sha3-512"],
]);

const RSA_PSS = "1.2.840.113549.1.1.10";

/**
 * What both ends of a TLS connection know of it: the digest of the server's certificate, by the hash function of the
 * certificate's own signature; SHA-256 in place of MD5 and SHA-1.
 *
 * @param der the certificate that the server presented
 * @returns null if its signature has no digest of its own (Ed25519), or one that is not known here: then nothing can
 * be bound to this certificate
 */
export function tlsServerEndPoint(der: Buffer): Buffer | null {
  const digest = signatureDigest(der);
  return digest === null ? null : createHash(digest).update(der).digest();
}

function signatureDigest(der: Buffer): string | null {
  try {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
    const certificate = new DerReader(der).enter(DER.sequence);
    certificate.read(DER.sequence);
    const algorithm = certificate.enter(DER.sequence);
    const name = objectIdentifier(algorithm.read(DER.objectIdentifier).content);
    const digest = name === RSA_PSS ? pssDigest(algorithm) : SIGNATURES.get(name);
    return digest === "md5" || digest === "sha1" ? "sha256" : (digest ?? null);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] AlgorithmIdentifier DEFAULT sha1, ... }: RFC 4055, section 3.1. */
function pssDigest(algorithm: DerReader): string | undefined {
  const parameters = algorithm.enter(DER.sequence);
  if (!parameters.nextIs(DER.explicit(0))) return "sha1";
  const hash = parameters.enter(DER.explicit(0)).enter(DER.sequence);
  return DIGESTS.get(objectIdentifier(hash.read(DER.objectIdentifier).content));
}
