/** Addresses as bytes, in the forms that libpq takes for one in a host name. */
import { isIPv6, SocketAddress } from "node:net";

/**
 * inet_aton(3): `127.0.0.1`, and also `127.1`, `0x7f.1`, `0177.0.0.1`, `2130706433`.
 *
 * @returns four bytes; null if it is none
 */
export function ipv4Bytes(text: string): Buffer | null {
  const parts = text.split(".");
  const numbers = parts.map(number);
  const last = numbers.at(-1);
  if (parts.length > 4 || last === undefined || numbers.some((each) => Number.isNaN(each))) return null;
  const leading = numbers.slice(0, -1);
  if (leading.some((each) => each > 255) || last >= 256 ** (4 - leading.length)) return null;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(last);
  for (const [index, each] of leading.entries()) bytes[index] = each;
  return bytes;
}

function number(text: string): number {
  if (/^0[xX][\da-fA-F]{1,8}$/.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]{0,11}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** Sixteen bytes; null if it is no IPv6 address, or one with a zone. */
export function ipv6Bytes(text: string): Buffer | null {
  if (!isIPv6(text) || text.includes("%")) return null;
  const [, before = text, tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const quad = tail === undefined ? null : ipv4Bytes(tail);
  const groups = quad === null ? text : `${before}${hex(quad, 0)}:${hex(quad, 2)}`;
  const [head = "", rest] = groups.split("::");
  const [left, right] = [words(head), words(rest ?? "")];
  const zeros = rest === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: zeros }, () => 0), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, word] of all.entries()) bytes.writeUInt16BE(word, index * 2);
  return bytes;
}

function words(groups: string): readonly number[] {
  return groups === "" ? [] : groups.split(":").map((group) => Number.parseInt(group, 16));
}

/** Four or sixteen bytes as people write them; null for any other number of bytes. */
export function ipText(bytes: Buffer): string | null {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, index) => hex(bytes, index * 2));
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}

function hex(bytes: Buffer, offset: number): string {
  return bytes.readUInt16BE(offset).toString(16);
}
