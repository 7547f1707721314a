/** The names by which a client's certificate lets it in (manual, 20.12). */
import type { X509Certificate } from "node:crypto";
import { fromBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import { firstCommonName, nameEntries } from "./name.ts";
import { octetsText, valueText } from "./value-text.ts";

/** What PostgreSQL takes from a certificate that has been verified. */
export type CertificateNames =
  | {
      readonly kind: "names";
      /** Byte string; null: the subject has none. */
      readonly commonName: string | null;
      /** Byte string, all ASCII; empty: the subject is. */
      readonly distinguishedName: string;
    }
  /** The connection ends without a word to the client; the message is for the log. */
  | { readonly kind: "unusable"; readonly logMessage: string };

/** Both names, whatever rule will ask for: a common name with a NUL in it lets nobody in by any rule. */
export function certificateNames(certificate: X509Certificate): CertificateNames {
  try {
    const name = commonName(certificate);
    if (name?.includes("\0") === true) {
      return { kind: "unusable", logMessage: "SSL certificate's common name contains embedded null" };
    }
    return { kind: "names", commonName: name, distinguishedName: distinguishedName(certificate) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return {
      kind: "unusable",
      logMessage: `could not read the names of an SSL certificate: ${error.message}`,
    };
  }
}

/**
 * The octets of the subject's first common name, whatever their encoding: of a BMPString two for each character.
 * They may hold a NUL, which no name of a role does.
 *
 * @returns a byte string; null: there is none
 * @throws {WireError} `malformed_message`: the certificate is BER, not DER
 */
export function commonName(certificate: X509Certificate): string | null {
  const name = firstCommonName(certificate);
  return name === null ? null : fromBuffer(name);
}

/**
 * The subject as RFC 2253 has it and OpenSSL prints it (`XN_FLAG_RFC2253`): last entry first, entries of a set joined
 * by `+`. It never holds a NUL, which is written `\00`.
 *
 * @returns ASCII: bytes above it are written as `\XX` of their UTF-8 form
 * @throws {WireError} `malformed_message`: the certificate is BER, not DER
 */
export function distinguishedName(certificate: X509Certificate): string {
  let before: number | null = null;
  let text = "";
  for (const entry of nameEntries(certificate, "subject").toReversed()) {
    if (before !== null) text += entry.set === before ? "+" : ",";
    const value = isDotted(entry.label) ? octetsText(entry.encoded) : valueText(entry, true);
    text += `${entry.label}=${value}`;
    before = entry.set;
  }
  return text;
}

function isDotted(label: string): boolean {
  return /^\d/.test(label);
}
