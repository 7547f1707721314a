const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Six-bit values by byte; -1 where the byte is not in the alphabet. */
const VALUES: Int8Array = Int8Array.from({ length: 256 }, (_, byte) =>
  ALPHABET.indexOf(String.fromCharCode(byte)),
);

/**
 * Base64 as PostgreSQL decodes it in SCRAM messages and secrets; null where it would fail. `Buffer.from` skips what
 * it does not know, so it cannot tell a malformed proof.
 *
 * Standard alphabet, padding required, no white space. PostgreSQL is lax in two places, and so are we, since the
 * same secret must be recognised by both: bits beyond the last byte are not checked, and a padded group may be
 * followed by others, of which each then yields as few bytes as the first padded one.
 */
export function decodeBase64(text: string): Buffer | null {
  if (text.length % 4 !== 0) {
    return null;
  }
  const bytes: number[] = [];
  /** Bytes per group; fewer from the first padded group on. */
  let yielded = 3;
  for (let start = 0; start < text.length; start += 4) {
    let group = 0;
    for (let position = 0; position < 4; position++) {
      const byte = text.charCodeAt(start + position);
      if (byte === 0x3d && yielded === 3) {
        if (position < 2) {
          return null;
        }
        yielded = position - 1;
      }
      const value = byte === 0x3d ? 0 : (VALUES[byte] ?? -1);
      if (value < 0) {
        return null;
      }
      group = (group << 6) | value;
    }
    bytes.push(...[group >> 16, (group >> 8) & 0xff, group & 0xff].slice(0, yielded));
  }
  return Buffer.from(bytes);
}

/** Standard alphabet, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
