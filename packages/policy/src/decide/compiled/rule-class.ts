import type { Bytes } from "../../bytes.ts";
import type { HbaRule } from "../../hba/rule.ts";
import { familyOf, prefixOf } from "../../ip.ts";
import type { Connection } from "../attempt.ts";
import { addUnderName, emptyNameTable, rulesUnderName } from "./name-table.ts";
import type { NameTable } from "./name-table.ts";
import { emptyTrie, networksAround, rulesOfNetwork } from "./network-trie.ts";
import type { NetworkNode } from "./network-trie.ts";

/**
 * Rules that are narrow in the same columns, each of which finds them: by names alone, or by one network. A column that is null
 * is wide in all of them: a keyword, a group, a host name, `all`, … may match anything. All lists ascend.
 */
export interface RuleClass {
  readonly places: number[];
  readonly byDatabase: NameTable | null;
  readonly byUser: NameTable | null;
  readonly byNetwork: Readonly<Record<4 | 6, NetworkNode>> | null;
}

/** Where a rule is narrow: its names, and the leading bits of its network. */
export interface Narrowness {
  readonly databases: readonly Bytes[] | null;
  readonly users: readonly Bytes[] | null;
  readonly network: { readonly ip: Bytes; readonly length: number } | null;
}

/** As a name of a database: no byte string is equal to it. */
const replication = "\u{100}replication";

export function narrownessOf({ databases, users, address }: HbaRule): Narrowness {
  const network = address?.kind === "network" ? address : null;
  const length = network && network.mask.length === network.ip.length ? prefixOf(network.mask) : null;
  return {
    databases: namesOf(databases),
    users: namesOf(users),
    network: network && length !== null ? { ip: network.ip, length } : null,
  };
}

/** Null: not names alone. */
function namesOf(
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

/** A class for rules that are narrow where this one is. */
export function emptyClass({ databases, users, network }: Narrowness): RuleClass {
  return {
    places: [],
    byDatabase: databases && emptyNameTable(),
    byUser: users && emptyNameTable(),
    byNetwork: network && { 4: emptyTrie(), 6: emptyTrie() },
  };
}

export function addToClass(
  { places, byDatabase, byUser, byNetwork }: RuleClass,
  place: number,
  { databases, users, network }: Narrowness,
): void {
  places.push(place);
  if (byDatabase && databases) for (const name of databases) addUnderName(byDatabase, name, place);
  if (byUser && users) for (const name of users) addUnderName(byUser, name, place);
  if (byNetwork && network)
    rulesOfNetwork(byNetwork[familyOf(network.ip)], network.ip, network.length).push(place);
}

/**
 * Of a class the rules that may match, by the column that leaves the fewest. What is left out does not match in that column,
 * whatever the facts.
 */
export function narrowest(
  { places, byDatabase, byUser, byNetwork }: RuleClass,
  { database, user, client, replication: kind }: Connection,
): readonly (readonly number[])[] {
  let best = [places];
  let least = places.length;
  const offer = (lists: number[][]): void => {
    const count = lists.reduce((sum, list) => sum + list.length, 0);
    if (count < least) [best, least] = [lists, count];
  };
  if (byUser && least > 1) offer([rulesUnderName(byUser, user)]);
  if (byDatabase && least > 1) offer([rulesUnderName(byDatabase, kind === true ? replication : database)]);
  if (byNetwork && client && least > 1) offer(networksAround(byNetwork[familyOf(client.ip)], client.ip));
  return best;
}
