import type { Bytes } from "./bytes.ts";

/** An IP address in network order: 4 bytes for IPv4, 16 for IPv6. An IPv6 scope id is not kept. */
export type Ip = Bytes;

export type Family = 4 | 6;

export function familyOf(ip: Ip): Family {
  return ip.length === 4 ? 4 : 6;
}

/** What sockets show, and nearly everybody writes: four decimal numbers without leading zeros; null: another spelling, or none. */
function parsePlainIpv4(text: Bytes): Ip | null {
  if (text.length > 15) return null;
  let ip = "";
  let part = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? dotCode : text.charCodeAt(at);
    if (code === dotCode) {
      if (part < 0 || part > 255 || ip.length === 4) return null;
      ip += String.fromCharCode(part);
      part = -1;
    } else if (code < zeroCode || code > nineCode || part === 0) return null;
    else part = part < 0 ? code - zeroCode : part * 10 + (code - zeroCode);
  }
  return ip.length === 4 ? ip : null;
}

const dotCode = 0x2e;
const zeroCode = 0x30;
const nineCode = 0x39;

/** The IPv4 spellings of `inet_aton`: one to four parts, each decimal, octal (`010` is 8) or hexadecimal. */
export function parseIpv4(text: Bytes): Ip | null {
  return parsePlainIpv4(text) ?? parseAnyIpv4(text);
}

function parseAnyIpv4(text: Bytes): Ip | null {
  const dot = text.lastIndexOf(".");
  const leading = dot < 0 ? [] : text.slice(0, dot).split(".").map(ipv4Part);
  const last = ipv4Part(text.slice(dot + 1));
  const left = 4 - leading.length;
  // No comparison holds of what is no number.
  if (left < 1 || !leading.every((part) => part < 256) || !(last < 256 ** left)) return null;
  return String.fromCharCode(...leading) + fromHex(last.toString(16).padStart(2 * left, "0"));
}

/** NaN: it is none. */
function ipv4Part(text: Bytes): number {
  if (!/^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(text)) return Number.NaN;
  return /^0[0-7]/.test(text) ? Number.parseInt(text, 8) : Number(text);
}

/** The text forms of RFC 4291 section 2.2, without a zone. */
export function parseIpv6(text: Bytes): Ip | null {
  const dotted = /^(.*:)([0-9.]+)$/s.exec(text);
  let groups = text;
  if (dotted?.[1] !== undefined && dotted[2]?.includes(".")) {
    const ipv4 = parseDottedQuad(dotted[2]);
    if (ipv4 === null) return null;
    groups = `${dotted[1]}${toHex(ipv4).slice(0, 4)}:${toHex(ipv4).slice(4)}`;
  }
  const [head, tail, ...more] = groups.split("::");
  if (more.length > 0 || head === undefined) return null;
  const before = hexGroups(head);
  const after = tail === undefined ? "" : hexGroups(tail);
  if (before === null || after === null) return null;
  const missing = 16 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  return before + "\0".repeat(missing) + after;
}

/** The form of `inet_ntop`: shortest, lower case, `::ffff:1.2.3.4` and `::1.2.3.4` with a dotted tail. */
export function formatIp(ip: Ip): Bytes {
  if (ip.length === 4)
    return `${ip.charCodeAt(0)}.${ip.charCodeAt(1)}.${ip.charCodeAt(2)}.${ip.charCodeAt(3)}`;
  const bytes = Array.from(ip, (byte) => byte.charCodeAt(0));
  const words = Array.from(
    { length: 8 },
    (_, at) => (ip.charCodeAt(2 * at) << 8) | ip.charCodeAt(2 * at + 1),
  );
  const { start, length } = longestZeros(words);
  const dotted = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const shown = words.map((word) => word.toString(16));
  if (dotted) shown.splice(6, 2, bytes.slice(12).join("."));
  if (length < 2) return shown.join(":");
  return `${shown.slice(0, start).join(":")}::${shown.slice(start + length).join(":")}`;
}

/** A mask of `prefix` leading one bits. */
export function maskOf(prefix: number, family: Family): Ip {
  let mask = "";
  for (let bits = prefix; mask.length < (family === 4 ? 4 : 16); bits -= 8) {
    mask += String.fromCharCode((0xff00 >> Math.min(Math.max(bits, 0), 8)) & 0xff);
  }
  return mask;
}

/** How many leading bits a mask has; null if it has others too. */
export function prefixOf(mask: Ip): number | null {
  const bits = Array.from(mask, (byte) => byte.charCodeAt(0).toString(2).padStart(8, "0")).join("");
  const prefix = bits.indexOf("0") < 0 ? bits.length : bits.indexOf("0");
  return bits.includes("1", prefix) ? null : prefix;
}

/** The address without the bits that the mask has not: the first one of its network. Both of one family. */
export function masked(ip: Ip, mask: Ip): Ip {
  let network = "";
  for (let at = 0; at < ip.length; at += 1) {
    network += String.fromCharCode(ip.charCodeAt(at) & mask.charCodeAt(at));
  }
  return network;
}

/** Same family, and equal in every bit that the mask has set. IPv4 and IPv6 never match each other. */
export function inNetwork(ip: Ip, network: Ip, mask: Ip): boolean {
  if (ip.length !== network.length) return false;
  for (let at = 0; at < ip.length; at += 1) {
    if (((ip.charCodeAt(at) ^ network.charCodeAt(at)) & mask.charCodeAt(at)) !== 0) return false;
  }
  return true;
}

/** Link-local unicast and multicast: the addresses whose zone may be an interface's name (RFC 4007). */
export function isLinkLocal(ip: Ip): boolean {
  const [first, second] = [ip.charCodeAt(0), ip.charCodeAt(1)];
  return (
    ip.length === 16 && ((first === 0xfe && second >> 6 === 2) || (first === 0xff && (second & 15) === 2))
  );
}

/** Four decimal numbers without leading zeros: the only IPv4 form inside IPv6 text. */
function parseDottedQuad(text: Bytes): Ip | null {
  const parts = text.split(".");
  const right =
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return right ? String.fromCharCode(...parts.map(Number)) : null;
}

function hexGroups(text: Bytes): Bytes | null {
  if (text === "") return "";
  const groups = text.split(":");
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  return fromHex(groups.map((group) => group.padStart(4, "0")).join(""));
}

function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [at, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: at - length + 1, length };
  }
  return best;
}

function fromHex(hex: string): Bytes {
  return hex.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}

function toHex(bytes: Bytes): string {
  return bytes.replace(/[\s\S]/g, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"));
}
