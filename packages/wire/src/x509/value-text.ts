/** Values of a name as OpenSSL prints them (`ASN1_STRING_print_ex`, RFC 2253). */
import { WireError } from "../errors.ts";
import type { NameEntry } from "./name.ts";

/** Octets for each character. Those of a UTF8String stay as they are. */
const widths: ReadonlyMap<number, 1 | 2 | 4> = new Map([
  [0x0c, 1], // UTF8String
  [0x12, 1], // NumericString
  [0x13, 1], // PrintableString
  [0x14, 1], // T61String: taken for ISO 8859-1
  [0x16, 1], // IA5String
  [0x1c, 4], // UniversalString
  [0x1e, 2], // BMPString
]);

const utf8String = 0x0c;

/** The value in UTF-8 with its escapes; of a type that is no text `#` and its octets, identifier and length included. */
export function valueText({ tag, value, encoded }: NameEntry, escapeNonAscii: boolean): string {
  const width = widths.get(tag);
  if (width === undefined) return octetsText(encoded);
  const bytes = tag === utf8String ? value : Buffer.from(characters(value, width), "utf8");
  const last = bytes.length - 1;
  return Array.from(bytes, (byte, n) => escaped(byte, n === 0, n === last, escapeNonAscii)).join("");
}

/** The value of an entry whose type nobody knows: a reader could not tell how to encode it again. */
export function octetsText(encoded: Buffer): string {
  return `#${encoded.toString("hex").toUpperCase()}`;
}

function characters(value: Buffer, width: 1 | 2 | 4): string {
  if (width === 1) return value.toString("latin1");
  if (value.length % width !== 0) throw malformed();
  const read = (n: number): number => value.readUIntBE(n * width, width);
  return Array.from({ length: value.length / width }, (_, n) => character(read(n))).join("");
}

function character(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw malformed();
  return String.fromCodePoint(code);
}

function escaped(byte: number, first: boolean, last: boolean, escapeNonAscii: boolean): string {
  const character = String.fromCharCode(byte);
  if (',+"\\<>;'.includes(character)) return `\\${character}`;
  // Of a single character OpenSSL asks what the last one needs.
  if (byte === 0x23 && first && !last) return "\\#";
  if (byte === 0x20 && (first || last)) return "\\ ";
  const control = byte < 0x20 || byte === 0x7f;
  if (control || (escapeNonAscii && byte > 0x7f)) {
    return `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return character;
}

function malformed(): WireError {
  return new WireError("malformed_message", "malformed certificate: characters that are none");
}
