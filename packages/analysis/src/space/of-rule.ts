import { asciiLower } from "@sallyport/policy";
import type { Bytes, DatabasePattern, HbaRule, UserPattern } from "@sallyport/policy";
import { everyAddress } from "./address-set.ts";
import type { AddressSet } from "./address-set.ts";
import { literals, noLiterals } from "./atom.ts";
import type { Atom, Literals } from "./atom.ts";
import type { Box } from "./box.ts";
import { lanesOfType, ordinary, physical } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import { everyName, isNoName, onlyNames } from "./name-set.ts";
import type { NameSet } from "./name-set.ts";
import { contains } from "./point.ts";
import type { Point } from "./point.ts";
import type { Space } from "./space.ts";

/** Of a rule with more boxes than these nobody asks for all of them: with two long lists there may be millions. */
const mostBoxes = 20_000;

/**
 * The connections that a rule matches: all that are in one of these boxes. They may have some in common. If there are too many, nothing
 * more is to be done in this space.
 */
export function boxesOfRule(rule: HbaRule, space: Space): readonly Box[] {
  const parts = partsOfRule(rule, space);
  const count = parts.databases.length * parts.users.length;
  space.effort.spend(4 * count);
  if (count <= mostBoxes)
    return parts.databases.flatMap((database) =>
      parts.users.flatMap((user) => boxOf(parts, database, user) ?? []),
    );
  space.effort.exhaust();
  return [];
}

/** Are there so many that they are not made? */
export function hasManyBoxes({ databases, users }: HbaRule): boolean {
  return (
    databases.length * users.length > mostBoxes && countAsking(databases) * countAsking(users) > mostBoxes
  );
}

/** Names are in one box together. */
function countAsking(patterns: readonly { readonly kind: string }[]): number {
  return 1 + patterns.filter(({ kind }) => kind !== "literal").length;
}

/** The first of these boxes that a connection is in; null: it is in none. Of a rule with long lists they need not be made for that. */
export function boxAround(rule: HbaRule, point: Point, space: Space): Box | null {
  const parts = partsOfRule(rule, space);
  const database = parts.databases.find((one) => {
    const box = boxOf(parts, one, anybody);
    return box && contains(box, point, space);
  });
  const user =
    database &&
    parts.users.find((one) => {
      const box = boxOf(parts, { ...database, asks: noLiterals }, one);
      return box && contains(box, point, space);
    });
  return database && user ? boxOf(parts, database, user) : null;
}

interface RuleParts {
  readonly type: Lanes;
  readonly addresses: AddressSet;
  readonly asks: Literals;
  readonly databases: readonly Databases[];
  readonly users: readonly Names[];
}

interface Names {
  readonly names: NameSet;
  readonly asks: Literals;
}

interface Databases extends Names {
  readonly lanes: Lanes;
}

const anybody: Names = { names: everyName, asks: noLiterals };

function partsOfRule(rule: HbaRule, space: Space): RuleParts {
  space.effort.spend(10 + rule.databases.length + rule.users.length);
  return {
    type: lanesOfType(rule.type),
    ...addressesOf(rule, space),
    databases: databasesOf(rule.databases),
    users: usersOf(rule.users, space),
  };
}

/** Null: there is nobody in it. */
function boxOf({ type, addresses, asks }: RuleParts, database: Databases, user: Names): Box | null {
  const lanes = type & database.lanes;
  if (lanes === 0 || isNoName(user.names)) return null;
  const size = asks.size + database.asks.size + user.asks.size;
  const together: Literals = size === 0 ? noLiterals : new Map([...asks, ...database.asks, ...user.asks]);
  return { lanes, addresses, roles: user.names, databases: database.names, literals: together };
}

function addressesOf(
  { address }: HbaRule,
  { addresses, samehost, samenet }: Space,
): { readonly addresses: AddressSet; readonly asks: Literals } {
  switch (address?.kind) {
    case undefined:
    case "all":
      return { addresses: everyAddress, asks: noLiterals };
    case "network":
      return { addresses: addresses.network(address.ip, address.mask), asks: noLiterals };
    case "samehost":
    case "samenet": {
      const known = address.kind === "samehost" ? samehost : samenet;
      if (known !== null) return { addresses: known, asks: noLiterals };
      return { addresses: everyAddress, asks: literals({ atom: { kind: address.kind }, holds: true }) };
    }
    case "hostname": {
      const atom = { kind: "host", name: asciiLower(address.name) } as const;
      return { addresses: everyAddress, asks: literals({ atom, holds: true }) };
    }
  }
}

/** Physical replication meets the keyword `replication`, which nothing else does. */
function databasesOf(patterns: readonly DatabasePattern[]): readonly Databases[] {
  const found: Databases[] = [];
  const named: Bytes[] = [];
  for (const pattern of patterns) {
    if (pattern.kind === "literal") named.push(pattern.name);
    else if (pattern.kind === "replication")
      found.push({ names: everyName, asks: noLiterals, lanes: physical });
    else if (pattern.kind === "regex")
      found.push({ ...asking({ kind: "database", regex: pattern.regex }), lanes: ordinary });
    else if (pattern.kind !== "all") found.push({ ...asking({ kind: pattern.kind }), lanes: ordinary });
  }
  const isAll = patterns.some(({ kind }) => kind === "all");
  if (isAll) {
    const kept = found.filter(({ lanes }) => lanes === physical);
    return [{ names: everyName, asks: noLiterals, lanes: ordinary }, ...kept];
  }
  const names = onlyNames(named);
  return isNoName(names) ? found : [{ names, asks: noLiterals, lanes: ordinary }, ...found];
}

function usersOf(patterns: readonly UserPattern[], { membership }: Space): readonly Names[] {
  const found: Names[] = [];
  const named: Bytes[] = [];
  for (const pattern of patterns) {
    if (pattern.kind === "all") return [{ names: everyName, asks: noLiterals }];
    if (pattern.kind === "literal") named.push(pattern.name);
    else if (pattern.kind === "regex") found.push(asking({ kind: "role", regex: pattern.regex }));
    else if (membership) for (const member of membership.membersOf(pattern.name)) named.push(member);
    else found.push(asking({ kind: "member", group: pattern.name }));
  }
  const names = onlyNames(named);
  return isNoName(names) ? found : [{ names, asks: noLiterals }, ...found];
}

function asking(atom: Atom): Names {
  return { names: everyName, asks: literals({ atom, holds: true }) };
}
