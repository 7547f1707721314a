import type { Bytes } from "../../bytes.ts";
import { Asker } from "../../disk.ts";
import { hashIpv4Network, hashNetwork } from "../../digest/hash.ts";
import type { Narrowness } from "../../digest/narrowness.ts";
import { prefixOf } from "../../ip.ts";
import { isMistake } from "../../mistake.ts";
import type { Token } from "../../text/token.ts";
import { parseAddress } from "../address.ts";
import { behindBlanks, behindToken, blank, kindAt } from "./characters.ts";
import { notPlain } from "./names.ts";

/** So many addresses that are spelled otherwise than `10.1.0.0/16` are remembered. */
const mostKnown = 4096;

/** What an address column says, alone or with its mask; "mask": it needs one; "no": it is not plain. */
type Known = { readonly isHostName: boolean; readonly network: Network | null } | "mask" | "no";

interface Network {
  readonly hash: number;
  readonly bytes: number;
  readonly length: number;
}

const nobody = new Asker({ files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() });

/** Reads addresses, with their masks. */
export class Addresses {
  readonly #known = new Map<Bytes, Known>();

  /** Gives the place behind the column, or both columns. */
  scan(text: Bytes, from: number, to: number, rule: Narrowness): number {
    rule.hasNetwork = false;
    rule.isHostNamed = false;
    const simple = scanCidr(text, from, to, rule);
    if (simple !== notPlain) return simple;
    const end = behindToken(text, from, to);
    if (kindAt(text, end) !== blank || end >= to) return notPlain;
    let known = this.#knownOf(text.slice(from, end));
    let behind = end;
    if (known === "mask") {
      const mask = behindBlanks(text, end, to);
      behind = behindToken(text, mask, to);
      if (kindAt(text, behind) !== blank || behind >= to) return notPlain;
      known = this.#knownOf(text.slice(from, end), text.slice(mask, behind));
    }
    if (known === "mask" || known === "no") return notPlain;
    rule.isHostNamed = known.isHostName;
    const { network } = known;
    if (network) rule.setNetwork(network.hash, network.bytes, network.length);
    return behind;
  }

  #knownOf(address: Bytes, mask?: Bytes): Known {
    const key = mask === undefined ? address : `${address} ${mask}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made = read(address, mask);
    if (this.#known.size < mostKnown) this.#known.set(key, made);
    return made;
  }
}

/** `10.1.0.0/16`, each number as it is printed. */
function scanCidr(text: Bytes, from: number, to: number, rule: Narrowness): number {
  let at = from;
  let ip = 0;
  let number = 0;
  let first = at;
  for (let dots = 0; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      number = number * 10 + code - 0x30;
      continue;
    }
    const digits = at - first;
    if (digits === 0 || digits > 3 || number > 255) return notPlain;
    if (digits > 1 && text.charCodeAt(first) === 0x30) return notPlain;
    ip = ip * 256 + number;
    number = 0;
    first = at + 1;
    if (code === 0x2e /* . */) dots += 1;
    else if (code === 0x2f /* / */ && dots === 3) break;
    else return notPlain;
    if (dots > 3) return notPlain;
  }
  at += 1;
  const end = behindToken(text, at, to);
  const [tens, ones] = [text.charCodeAt(at) - 0x30, text.charCodeAt(end - 1) - 0x30];
  const length = end - at === 1 ? ones : end - at === 2 && tens > 0 && tens < 10 ? 10 * tens + ones : -1;
  if (!(ones >= 0 && ones < 10 && length >= 0 && length <= 32)) return notPlain;
  if (end >= to || kindAt(text, end) !== blank) return notPlain;
  rule.setNetwork(hashIpv4Network(ip | 0, length), 4, length);
  return end;
}

/** By the rules of the language. What depends on the machine (`fe80::1%lo`) is not plain, and nor is a name in quotes. */
function read(address: Bytes, mask: Bytes | undefined): Known {
  if (/^@|%/.test(address) || (mask !== undefined && /^@|%/.test(mask))) return "no";
  const line = { file: "", number: 1, text: "", joins: [] };
  const token = (text: Bytes): Token => ({ line, start: 0, end: 0, text, quoted: false });
  const fields = [[token(address)], mask === undefined ? undefined : [token(mask)]] as const;
  const parsed = parseAddress(fields, { line, start: 0, end: 0 }, nobody);
  if (isMistake(parsed)) return mask === undefined && needsMask(address) ? "mask" : "no";
  if ((parsed.mask === null) !== (mask === undefined)) return "no";
  const { pattern } = parsed;
  if (pattern.kind !== "network") return { isHostName: pattern.kind === "hostname", network: null };
  const length = prefixOf(pattern.mask);
  if (length === null) return { isHostName: false, network: null };
  const { ip } = pattern;
  return { isHostName: false, network: { hash: hashNetwork(ip, length), bytes: ip.length, length } };
}

/** An address without prefix length, which a mask has to follow. */
function needsMask(address: Bytes): boolean {
  return !address.includes("/");
}
