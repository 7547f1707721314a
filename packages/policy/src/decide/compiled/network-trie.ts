import type { Ip } from "../../ip.ts";

/**
 * Networks of one family by their leading bits: a binary trie whose nodes stand only where networks end or part, so that it
 * is as deep as networks lie within each other, and a million networks are some twenty steps.
 */
export interface NetworkNode {
  /** Its first `length` bits count. */
  readonly ip: Ip;
  readonly length: number;
  /** Of exactly this network; null: networks only part here. */
  rules: number[] | null;
  /** What goes on with a bit of 0, and with one of 1. */
  zero: NetworkNode | null;
  one: NetworkNode | null;
}

/** The network of all addresses, from which the others hang. */
export function emptyTrie(): NetworkNode {
  return node("", 0);
}

/** The list for the rules of one network, made if there is none yet. */
export function rulesOfNetwork(root: NetworkNode, ip: Ip, length: number): number[] {
  let at = root;
  // What is looked for lies within `at`, always.
  while (at.length < length) {
    const bit = bitAt(ip, at.length);
    const next = bit === 0 ? at.zero : at.one;
    if (next === null) {
      at = hang(at, bit, node(ip, length));
      continue;
    }
    const common = commonBits(ip, next.ip, Math.min(length, next.length));
    if (common === next.length) {
      at = next;
      continue;
    }
    const fork = hang(at, bit, node(ip, common));
    hang(fork, bitAt(next.ip, common), next);
    at = fork;
  }
  at.rules ??= [];
  return at.rules;
}

/** The lists of all networks that an address lies in, the widest first. */
export function networksAround(root: NetworkNode, ip: Ip): number[][] {
  const found: number[][] = [];
  for (let at: NetworkNode | null = root; at !== null;) {
    if (at.rules !== null) {
      if (commonBits(ip, at.ip, at.length) < at.length) break;
      found.push(at.rules);
    }
    if (at.length === 8 * ip.length) break;
    at = bitAt(ip, at.length) === 0 ? at.zero : at.one;
  }
  return found;
}

function node(ip: Ip, length: number): NetworkNode {
  return { ip, length, rules: null, zero: null, one: null };
}

function hang(under: NetworkNode, bit: number, what: NetworkNode): NetworkNode {
  if (bit === 0) under.zero = what;
  else under.one = what;
  return what;
}

function bitAt(ip: Ip, at: number): number {
  return (ip.charCodeAt(at >> 3) >> (7 - (at & 7))) & 1;
}

/** How many leading bits are the same in both, counted no further than `most`. */
function commonBits(a: Ip, b: Ip, most: number): number {
  for (let byte = 0; 8 * byte < most; byte += 1) {
    const different = a.charCodeAt(byte) ^ b.charCodeAt(byte);
    if (different !== 0) return Math.min(most, 8 * byte + Math.clz32(different) - 24);
  }
  return most;
}
