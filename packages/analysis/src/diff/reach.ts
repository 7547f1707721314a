import type { Bytes, HbaRule, Ip } from "@sallyport/policy";
import { lanesOfType } from "../space/lanes.ts";
import type { Lanes } from "../space/lanes.ts";

/** What a rule may match at most, as far as that is said in names and networks. */
export interface RuleReach {
  readonly lanes: Lanes;
  readonly network: Network;
  /** Null: there is more in the column than names. */
  readonly roles: readonly Bytes[] | null;
  readonly databases: readonly Bytes[] | null;
}

/** The first 32 bits of a rule's network. They decide, as far as they do. */
export interface Network {
  /** 0: any address. */
  readonly family: 0 | 4 | 6;
  readonly bits: number;
  readonly mask: number;
  /** How many leading bits the mask has; null: it has others, too, or more than these. */
  readonly length: number | null;
}

/** No name of a database is equal to it: the keyword, for physical replication. */
const replication = "\u{100}replication";

export function reachOf(rule: HbaRule): RuleReach {
  return {
    lanes: lanesOfType(rule.type),
    network: networkOf(rule),
    roles: namesIn(rule.users),
    databases: namesIn(rule.databases),
  };
}

/** Tells which rules may match a connection that one with this reach matches. */
export function meeting({ lanes, network, roles, databases }: RuleReach): (other: RuleReach) => boolean {
  const [roleSet, databaseSet] = [roles && new Set(roles), databases && new Set(databases)];
  return (other) =>
    (lanes & other.lanes) !== 0 &&
    haveAddress(network, other.network) &&
    haveName(roleSet, other.roles) &&
    haveName(databaseSet, other.databases);
}

/** May they have an address in common? */
function haveAddress(a: Network, b: Network): boolean {
  if (a.family === 0 || b.family === 0) return true;
  return a.family === b.family && ((a.bits ^ b.bits) & a.mask & b.mask) === 0;
}

function haveName(some: ReadonlySet<Bytes> | null, others: readonly Bytes[] | null): boolean {
  return some === null || others === null || others.some((name) => some.has(name));
}

/** The names that a column is of; null: there is more in it. */
function namesIn(
  patterns: readonly { readonly kind: string; readonly name?: Bytes }[],
): readonly Bytes[] | null {
  const names: Bytes[] = [];
  for (const { kind, name } of patterns) {
    if (kind === "replication") names.push(replication);
    else if (kind === "literal" && name !== undefined) names.push(name);
    else return null;
  }
  return names;
}

const anywhere: Network = { family: 0, bits: 0, mask: 0, length: null };

function networkOf({ address }: HbaRule): Network {
  if (address?.kind !== "network") return anywhere;
  const mask = firstBits(address.mask);
  const bits = (firstBits(address.ip) & mask) >>> 0;
  if (address.ip.length !== 4) return { family: 6, bits, mask, length: null };
  const length = Math.clz32(~mask >>> 0);
  return { family: 4, bits, mask, length: mask === maskOfLength(length) ? length : null };
}

/** A mask of so many leading bits, as a number of 32. */
export function maskOfLength(length: number): number {
  return length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
}

function firstBits(ip: Ip): number {
  const byte = (at: number): number => ip.charCodeAt(at);
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}
