import type { Bytes, Ip } from "@sallyport/policy";
import { lanesOfAtom } from "./atom.ts";
import type { Atom } from "./atom.ts";
import type { Box } from "./box.ts";
import { fitsName } from "./host-names.ts";
import { laneOf } from "./lanes.ts";
import type { Transport } from "./lanes.ts";
import { hasName } from "./name-set.ts";
import type { Pair } from "./pair-search.ts";
import type { Space } from "./space.ts";

/** One connection, in one of the worlds that what is not known leaves open. */
export interface Point extends Pair {
  readonly transport: Transport;
  readonly physical: boolean;
  /** Null: a Unix-domain socket. */
  readonly address: Ip | null;
  /** The client's verified name, in lower case; null: it has none. */
  readonly hostname: Bytes | null;
  /** Where the server's addresses are not known: is the client's one of them, or of their networks? */
  readonly near: "samehost" | "samenet" | null;
}

/** Is this connection in the box? */
export function contains(box: Box, point: Point, space: Space): boolean {
  const lane = laneOf(point.transport, point.physical);
  if ((box.lanes & lane) === 0 || !hasName(box.roles, point.role)) return false;
  if (!point.physical && !hasName(box.databases, point.database)) return false;
  if (point.address !== null && !space.addresses.has(box.addresses, point.address)) return false;
  space.effort.spend(5 + box.literals.size);
  for (const { atom, holds } of box.literals.values()) {
    if (lanesOfAtom(atom) & lane && atomHolds(atom, point, space) !== holds) return false;
  }
  return true;
}

function atomHolds(atom: Atom, point: Point, space: Space): boolean | null {
  switch (atom.kind) {
    case "sameuser":
      return point.role === point.database;
    case "samerole":
      return isMember(point, point.role, point.database, space);
    case "member":
      return isMember(point, point.role, atom.group, space);
    case "role":
      return space.effort.test(atom.regex, point.role);
    case "database":
      return space.effort.test(atom.regex, point.database);
    case "host":
      return point.hostname !== null && fitsName(atom.name, point.hostname);
    case "samehost":
      return point.near === "samehost";
    case "samenet":
      return point.near !== null;
  }
}

/** In the world of the point: its role is in the groups that it has to be in, and in no other. */
export function isMember(
  { role: own, groups }: Pair,
  role: Bytes,
  group: Bytes,
  { membership }: Space,
): boolean {
  if (membership) return membership.groupsOf(role).has(group);
  return role === own && (groups.has(group) || (groups.size > 0 && group === role));
}
