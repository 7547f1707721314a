import { hashName, hashNetwork } from "../../digest/hash.ts";
import { replicationHash } from "../../digest/narrowness.ts";
import type { ClassDigest } from "../../digest/rule-digest.ts";
import type { Bytes } from "../../bytes.ts";
import type { Steps } from "../../steps.ts";
import type { Connection } from "../attempt.ts";
import { placesUnder, sortedPlaces } from "./sorted-places.ts";
import type { Places, SortedPlaces } from "./sorted-places.ts";

/**
 * Rules that are narrow in the same columns, each of which finds them: by names alone, or by one network. A column that is null
 * is wide in all of them: a keyword, a group, a host name, `all`, ... may match anything. Names and networks stand here by their
 * hashes: a rule that is found by one and matches something else is for the evaluator to pass over.
 */
export interface RuleClass {
  /** Of all its rules. */
  readonly places: Uint32Array;
  readonly byDatabase: SortedPlaces | null;
  readonly byUser: SortedPlaces | null;
  readonly byNetwork: NetworkTable | null;
}

/** Rules by their networks, and the numbers of leading bits that networks of 4 and of 16 bytes have, ascending. */
interface NetworkTable {
  readonly places: SortedPlaces;
  readonly lengths: Readonly<Record<4 | 16, readonly number[]>>;
}

export function* ruleClass({ places, databases, users, networks }: ClassDigest): Steps<RuleClass> {
  return {
    places: yield* places.packed(),
    byDatabase: databases && (yield* sortedPlaces(databases)),
    byUser: users && (yield* sortedPlaces(users)),
    byNetwork: networks && {
      places: yield* sortedPlaces(networks.places),
      lengths: { 4: ascending(networks.lengths[4]), 16: ascending(networks.lengths[16]) },
    },
  };
}

/**
 * Of a class the rules that may match, by the column that leaves the fewest. What is left out does not match in that column,
 * whatever the facts.
 */
export function narrowest(
  { places, byDatabase, byUser, byNetwork }: RuleClass,
  { database, user, client, replication: kind }: Connection,
): readonly Places[] {
  let best: readonly Places[] = [{ all: places, from: 0, to: places.length }];
  let least = places.length;
  const offer = (lists: readonly Places[]): void => {
    const count = lists.reduce((sum, { from, to }) => sum + to - from, 0);
    if (count < least) [best, least] = [lists, count];
  };
  if (byUser && least > 1) offer([placesUnder(byUser, hashOf(user))]);
  if (byDatabase && least > 1)
    offer([placesUnder(byDatabase, kind === true ? replicationHash : hashOf(database))]);
  if (byNetwork && client && least > 1) offer(networksAround(byNetwork, client.ip));
  return best;
}

/** The lists of all networks that an address lies in, the widest first. */
function networksAround({ places, lengths }: NetworkTable, ip: Bytes): Places[] {
  const found: Places[] = [];
  for (const length of lengths[ip.length === 4 ? 4 : 16]) {
    const list = placesUnder(places, hashNetwork(ip, length));
    if (list.to > list.from) found.push(list);
  }
  return found;
}

function hashOf(name: Bytes): number {
  return hashName(name, 0, name.length);
}

function ascending(numbers: ReadonlySet<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b);
}
