import { masked } from "@sallyport/policy";
import type { AddressPattern, Bytes, HbaRule } from "@sallyport/policy";
import { firstLane, lanesOfType, ordinary } from "../space/lanes.ts";
import type { Lanes } from "../space/lanes.ts";
import { isPossible } from "../space/name-set.ts";
import { wished } from "../space/pair-search.ts";
import type { Point } from "../space/point.ts";
import type { Space } from "../space/space.ts";

const noGroup: ReadonlySet<Bytes> = new Set();

/**
 * A connection made of the first words of a rule. Of most rules it is one that they decide about, and takes much less time than to
 * search for it; but that is for the decider to say. Null: the words are none of the plain ones.
 */
export function guess(
  { type, databases, users, address }: HbaRule,
  lanes: Lanes,
  space: Space,
): Point | null {
  const lane = firstLane(lanesOfType(type) & lanes & ordinary);
  const [user, database] = [users[0], databases[0]];
  const ip = addressOf(address);
  if (!lane || !user || !database || ip === undefined) return null;
  const isMember = user.kind === "member" && space.membership === null;
  const role = user.kind === "literal" ? user.name : user.kind === "all" || isMember ? wished.role[0] : "";
  const name =
    database.kind === "literal" ? database.name : database.kind === "all" ? wished.database[0] : "";
  if (!isPossible(role) || !isPossible(name)) return null;
  const groups = isMember ? new Set([user.name]) : noGroup;
  return { ...lane, address: ip, role, database: name, groups, hostname: null, near: null };
}

/** Undefined: it takes a search to find one. */
function addressOf(address: AddressPattern | null): Bytes | null | undefined {
  if (address === null) return null;
  return address.kind === "network" ? masked(address.ip, address.mask) : undefined;
}
