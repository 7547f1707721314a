import type { Bytes } from "../bytes.ts";
import type { Ip } from "../ip.ts";

/**
 * Numbers of 32 bits, signed, for names and networks. Two different ones may have the same: what is found by such a number is compared
 * in full before anything is decided by it.
 */

/** Of the sum that is called FNV-1a. */
export const basis = 0x811c9dc5;
export const prime = 0x01000193;

/** Of a stretch of a text. */
export function hashName(text: Bytes, from: number, to: number): number {
  let hash = basis;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), prime);
  return mixed(hash);
}

/** Of a network by its leading bits; those of an address behind them do not count. */
export function hashNetwork(ip: Ip, length: number): number {
  let hash = Math.imul(basis ^ length, prime);
  let left = length;
  for (let at = 0; at < ip.length; at += 1) {
    const byte = left >= 8 ? ip.charCodeAt(at) : left > 0 ? ip.charCodeAt(at) & (0xff00 >> left) : 0;
    hash = Math.imul(hash ^ byte, prime);
    left -= 8;
  }
  return mixed(hash);
}

/** The same of an IPv4 address as a number. */
export function hashIpv4Network(ip: number, length: number): number {
  const network = length === 0 ? 0 : ip & (-1 << (32 - length));
  let hash = Math.imul(basis ^ length, prime);
  hash = Math.imul(hash ^ (network >>> 24), prime);
  hash = Math.imul(hash ^ ((network >>> 16) & 0xff), prime);
  hash = Math.imul(hash ^ ((network >>> 8) & 0xff), prime);
  hash = Math.imul(hash ^ (network & 0xff), prime);
  return mixed(hash);
}

/** Every bit of the sum counts in every bit of the number (the end of MurmurHash3). */
export function mixed(sum: number): number {
  let hash = sum;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
