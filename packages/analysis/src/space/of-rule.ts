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
import type { Space } from "./space.ts";

/** The connections that a rule matches: all that are in one of these boxes. They may have some in common. */
export function boxesOfRule(rule: HbaRule, space: Space): readonly Box[] {
  const type = lanesOfType(rule.type);
  const { addresses, asks } = addressesOf(rule, space);
  const users = usersOf(rule.users, space);
  return databasesOf(rule.databases).flatMap((database) =>
    users.flatMap((user): Box[] => {
      const lanes = type & database.lanes;
      if (lanes === 0 || isNoName(user.names)) return [];
      const size = asks.size + database.asks.size + user.asks.size;
      const together: Literals = size === 0 ? noLiterals : new Map([...asks, ...database.asks, ...user.asks]);
      return [{ lanes, addresses, roles: user.names, databases: database.names, literals: together }];
    }),
  );
}

interface Names {
  readonly names: NameSet;
  readonly asks: Literals;
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
function databasesOf(patterns: readonly DatabasePattern[]): readonly (Names & { readonly lanes: Lanes })[] {
  const found: (Names & { readonly lanes: Lanes })[] = [];
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
    else if (membership) named.push(...membership.membersOf(pattern.name));
    else found.push(asking({ kind: "member", group: pattern.name }));
  }
  const names = onlyNames(named);
  return isNoName(names) ? found : [{ names, asks: noLiterals }, ...found];
}

function asking(atom: Atom): Names {
  return { names: everyName, asks: literals({ atom, holds: true }) };
}
