/** The names in a certificate, as their parts: RFC 5280, section 4.1.2.4. */
import type { X509Certificate } from "node:crypto";
import { WireError } from "../errors.ts";
import { DER, DerReader } from "./der.ts";
import type { DerValue } from "./der.ts";

/** One attribute of a name: `CN=alice`. */
export interface NameEntry {
  /** What OpenSSL calls its type: `CN`, `emailAddress`; the dotted identifier where it has no word for it. */
  readonly label: string;
  /** Entries with the same number stand in one set, and are joined by `+` where others are by `,`. */
  readonly set: number;
  /** The identifier octet of the value's type. */
  readonly tag: number;
  /** The value's octets as OpenSSL keeps them. */
  readonly value: Buffer;
  /** The value with identifier and length. */
  readonly encoded: Buffer;
}

const commonName = Buffer.from([0x55, 0x04, 0x03]);

interface Attribute extends Omit<NameEntry, "label"> {
  readonly type: Buffer;
}

/** What of a certificate is read here: a number's octets, the sets of two names, and what stands behind them. */
export interface CertificateFields {
  readonly serialNumber: Buffer;
  readonly issuer: DerReader;
  readonly subject: DerReader;
  /** From subjectPublicKeyInfo on. */
  readonly rest: DerReader;
}

/** @throws {WireError} `malformed_message`: BER that OpenSSL reads all the same */
export function certificateFields(der: Buffer): CertificateFields {
  // TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject, ... }
  const body = new DerReader(der).enter(DER.sequence).enter(DER.sequence);
  if (body.nextIs(DER.explicit(0))) body.read();
  const serialNumber = body.read(DER.integer).content;
  body.read(DER.sequence);
  const issuer = body.enter(DER.sequence);
  body.read(DER.sequence);
  return { serialNumber, issuer, subject: body.enter(DER.sequence), rest: body };
}

/**
 * The entries of the subject's or the issuer's name, in the certificate's order. Their labels are those of Node's
 * OpenSSL, which has a table of them; the rest is read from the certificate itself.
 *
 * @throws {WireError} `malformed_message`
 */
export function nameEntries(certificate: X509Certificate, which: "subject" | "issuer"): readonly NameEntry[] {
  const attributes = readName(certificateFields(certificate.raw)[which]);
  const labels = labelsOf(certificate[which]);
  if (labels.length !== attributes.length) throw malformed("a name that OpenSSL reads in another way");
  return attributes.map(({ set, tag, value, encoded }, n) => ({
    label: labels[n] ?? "",
    set,
    tag,
    value,
    encoded,
  }));
}

/** The octets of the first common name of the subject; null: there is none. Knows no labels, and so needs none. */
export function firstCommonName(certificate: X509Certificate): Buffer | null {
  const attributes = readName(certificateFields(certificate.raw).subject);
  return attributes.find(({ type }) => type.equals(commonName))?.value ?? null;
}

function readName(sets: DerReader): readonly Attribute[] {
  const attributes: Attribute[] = [];
  for (let set = 0; !sets.atEnd; set += 1) {
    const inOne = sets.enter(DER.set);
    while (!inOne.atEnd) {
      const attribute = inOne.enter(DER.sequence);
      const type = attribute.read(DER.objectIdentifier).content;
      const value = attribute.read();
      attribute.end();
      attributes.push({ type, set, tag: value.tag, ...octetsOf(value) });
    }
  }
  return attributes;
}

/** OpenSSL keeps of a sequence all of it, and of a bit string neither the count of unused bits nor their values. */
function octetsOf({ tag, content, encoded }: DerValue): Pick<NameEntry, "value" | "encoded"> {
  if (tag === DER.sequence) return { value: encoded, encoded };
  if ((tag & 0x20) !== 0) throw malformed("a string in pieces");
  if (tag !== DER.bitString) return { value: content, encoded };
  const unused = content[0] ?? 8;
  if (unused > 7 || (unused > 0 && content.length === 1)) throw malformed("a bit string's unused bits");
  const masked = Buffer.from(encoded);
  if (content.length > 1)
    masked.writeUInt8(masked.readUInt8(masked.length - 1) & (0xff << unused) & 0xff, masked.length - 1);
  return { value: masked.subarray(masked.length - content.length + 1), encoded: masked };
}

/** Node writes a set a line, its entries with ` + ` between them, and every `+` and line break of a value otherwise. */
function labelsOf(name: string | undefined): readonly string[] {
  if (name === undefined) return [];
  return name
    .split("\n")
    .flatMap((line) => line.split(" + ").map((entry) => entry.slice(0, entry.indexOf("="))));
}

function malformed(what: string): WireError {
  return new WireError("malformed_message", `malformed certificate: ${what}`);
}
