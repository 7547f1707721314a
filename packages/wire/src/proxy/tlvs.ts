import { crc32c } from "./crc32c.ts";

const CHECKSUM = 0x03;

/**
 * What is wrong with the TLVs of a header of version 2, which stand from an offset on to its end: type, length of two
 * bytes, value. Null: nothing, and the checksum, if there is one, is that of the header.
 */
export function tlvsFault(header: Buffer, offset: number): string | null {
  let checksum: Buffer | null = null;
  for (let at = offset; at < header.length;) {
    if (header.length - at < 3) return "a TLV that is cut short";
    const length = header.readUInt16BE(at + 1);
    const value = header.subarray(at + 3, at + 3 + length);
    if (value.length < length) return "a TLV that is cut short";
    if (header[at] === CHECKSUM) {
      if (length !== 4 || checksum !== null) return "a checksum that is none";
      checksum = value;
    }
    at += 3 + length;
  }
  if (checksum === null) return null;
  const begin = checksum.byteOffset - header.byteOffset;
  const zeroed = Buffer.from(header).fill(0, begin, begin + 4);
  return crc32c(zeroed) === checksum.readUInt32BE() ? null : "a checksum that does not match";
}
