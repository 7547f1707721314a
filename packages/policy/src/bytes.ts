/**
 * A byte string: one UTF-16 unit a byte (ISO 8859-1), every unit below 256.
 *
 * PostgreSQL compares bytes and validates no encoding, so file contents, tokens and names stay bytes here:
 * two different invalid names never become equal. UTF-8 exists only where people look or JSON begins.
 */
export type Bytes = string;

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD, as in every encoder of the platform. */
export function utf8Bytes(text: string): Bytes {
  if (isAscii(text)) return text;
  const units = text.toWellFormed();
  let bytes = "";
  for (let at = 0; at < units.length; at += 1) {
    let code = units.charCodeAt(at);
    const pair = code >= 0xd800 && code < 0xdc00;
    if (pair) code = 0x10000 + ((code & 0x3ff) << 10) + (units.charCodeAt((at += 1)) & 0x3ff);
    if (code < 0x80) bytes += String.fromCharCode(code);
    else if (code < 0x800) bytes += String.fromCharCode(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes += String.fromCharCode(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes += String.fromCharCode(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return bytes;
}

/** The text of UTF-8 bytes, for screens and JSON. What is no UTF-8 shows as U+FFFD, a byte at a time. */
export function utf8Text(bytes: Bytes): string {
  if (isAscii(bytes)) return bytes;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = utf8Length(bytes, at);
    text += length === 0 ? "\ufffd" : String.fromCodePoint(decode(bytes, at, length));
    at += Math.max(length, 1);
  }
  return text;
}

/** How many characters people see in these bytes: UTF-8 sequences, and one for each byte that is none. */
export function characterCount(bytes: Bytes): number {
  if (isAscii(bytes)) return bytes.length;
  let count = 0;
  for (let at = 0; at < bytes.length; at += Math.max(utf8Length(bytes, at), 1)) count += 1;
  return count;
}

/** ASCII letters made lower case; every other byte as it is. */
export function asciiLower(bytes: Bytes): Bytes {
  return bytes.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function sameBytes(a: Bytes, b: Bytes): boolean {
  return a === b;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** The length of the well-formed UTF-8 sequence (RFC 3629) at this offset, or 0. */
function utf8Length(bytes: Bytes, at: number): number {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let next = at + 1; next < at + length; next += 1) {
    if ((bytes.charCodeAt(next) & 0xc0) !== 0x80) return 0;
  }
  const code = decode(bytes, at, length);
  const overlong = (length === 3 && code < 0x800) || (length === 4 && code < 0x10000);
  return overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff ? 0 : length;
}

function decode(bytes: Bytes, at: number, length: number): number {
  const first = bytes.charCodeAt(at);
  let code = length === 1 ? first : first & (0xff >> (length + 1));
  for (let next = at + 1; next < at + length; next += 1) {
    code = (code << 6) | (bytes.charCodeAt(next) & 0x3f);
  }
  return code;
}
