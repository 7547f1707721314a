import type { Bytes, Regex } from "@sallyport/policy";
import type { Box } from "./box.ts";
import type { Effort } from "./effort.ts";
import type { Membership } from "./membership.ts";
import { findName } from "./name-search.ts";
import type { NameQuestion } from "./name-search.ts";
import { bothNames, hasName, longestName, namesBut, onlyNames } from "./name-set.ts";
import type { NameSet } from "./name-set.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";
import type { Space } from "./space.ts";

/** A role, and the database that it wants to; empty for physical replication. */
export interface Pair {
  readonly role: Bytes;
  readonly database: Bytes;
  /** Of groups whose members are not known: those that this role has to be in. */
  readonly groups: ReadonlySet<Bytes>;
}

type Found<T> = T | null | NotDecided;

/** What the literals of a box ask of the two names. */
interface Asked {
  readonly role: NameQuestion;
  readonly database: NameQuestion;
  readonly sameuser: boolean | undefined;
  readonly samerole: boolean | undefined;
  readonly groups: ReadonlySet<Bytes>;
}

/** Names that most files do not have, so that they lead past rules about others. */
export const wished = { role: ["somebody", "anybody"], database: ["somedb", "anydb"] } as const;

/** A role for physical replication: only what is asked of the role counts. */
export function findRole(box: Box, { effort }: Space): Found<Pair> {
  const { role, groups } = askedBy(box, null, longestName);
  const name = findName(role, effort);
  return name === null || name === notDecided ? name : { role: name, database: "", groups };
}

/** A role and a database that fulfil all that the box asks of them. */
export function findPair(box: Box, { membership, longestDatabase, effort }: Space): Found<Pair> {
  const asked = askedBy(box, membership, longestDatabase);
  if (asked.sameuser === true) return findSame(asked, membership, effort);
  if (asked.samerole === true && membership) return findMember(asked, membership, effort);
  return findApart(asked, membership, effort);
}

/** One name for both. */
function findSame(
  { role, database, samerole, groups }: Asked,
  membership: Membership | null,
  effort: Effort,
): Found<Pair> {
  let within = bothNames(role.within, database.within);
  if (samerole !== undefined && membership) {
    // A role that exists is in itself; one that does not is in nothing.
    const existing = onlyNames(membership.roles);
    within = samerole ? bothNames(within, existing) : namesBut(within, existing);
  }
  // Not in itself: it does not exist, and then is in no group either.
  if (samerole === false && !membership && groups.size > 0) return null;
  const name = findName({ ...role, within, asks: [...role.asks, ...database.asks] }, effort);
  if (name === null || name === notDecided) return name;
  return { role: name, database: name, groups: withRole(groups, samerole === true && !membership, name) };
}

/** The database is named like a group that the role is in, and the members of groups are known. */
function findMember(
  { role, database, sameuser, groups }: Asked,
  membership: Membership,
  effort: Effort,
): Found<Pair> {
  let undecided = false;
  for (const one of membership.roles) {
    if (effort.isSpent) return notDecided;
    effort.spend(1);
    if (!hasName(role.within, one)) continue;
    const name = findName({ ...role, within: onlyNames([one]) }, effort);
    if (name === notDecided) undecided = true;
    if (name !== one) continue;
    const wanted = new Set(membership.groupsOf(one));
    if (sameuser === false) wanted.delete(one);
    const within = bothNames(database.within, onlyNames(wanted));
    const found = findName({ ...database, within }, effort);
    if (found === notDecided) undecided = true;
    else if (found !== null) return { role: one, database: found, groups };
  }
  return undecided ? notDecided : null;
}

/** Both by themselves, but for a few databases that a role cannot go with, and a few roles that a database cannot. */
function findApart(asked: Asked, membership: Membership | null, effort: Effort): Found<Pair> {
  const { role, database, sameuser, samerole, groups } = asked;
  const pair = (role: Bytes, database: Bytes): Pair => {
    const isMember = samerole === true && !membership;
    return { role, database, groups: withRole(groups, isMember, database) };
  };
  // Who is in a group exists, and is in itself.
  const notItself = sameuser === false || (samerole === false && !membership && groups.size > 0);
  const barred = (name: Bytes, related: (membership: Membership) => ReadonlySet<Bytes>): Set<Bytes> => {
    const names = new Set(notItself ? [name] : []);
    if (samerole === false && membership) for (const one of related(membership)) names.add(one);
    return names;
  };
  const first = findName(role, effort);
  if (first === null || first === notDecided) return first;
  const databases = barred(first, ({ groupsOf }) => groupsOf(first));
  const apart = findName({ ...database, within: but(database.within, databases) }, effort);
  if (apart === notDecided) return apart;
  if (apart !== null) return pair(first, apart);
  // Then only these databases are left, each of them with other roles.
  let undecided = false;
  for (const one of databases) {
    if (!hasName(database.within, one)) continue;
    const name = findName({ ...database, within: onlyNames([one]) }, effort);
    if (name === notDecided) undecided = true;
    if (name !== one) continue;
    const roles = barred(one, ({ membersOf }) => membersOf(one));
    const other = findName({ ...role, within: but(role.within, roles) }, effort);
    if (other === notDecided) undecided = true;
    else if (other !== null) return pair(other, one);
  }
  return undecided ? notDecided : null;
}

function askedBy(
  { roles, databases, literals }: Box,
  membership: Membership | null,
  longestDatabase: number,
): Asked {
  const asks = { role: [] as NameQuestion["asks"][number][], database: [] as NameQuestion["asks"][number][] };
  const groups = new Set<Bytes>();
  const others = new Set<Bytes>();
  let [sameuser, samerole]: (boolean | undefined)[] = [];
  for (const { atom, holds } of literals.values()) {
    if (atom.kind === "role" || atom.kind === "database") asks[atom.kind].push(ask(atom.regex, holds));
    else if (atom.kind === "member") (holds ? groups : others).add(atom.group);
    else if (atom.kind === "sameuser") sameuser = holds;
    else if (atom.kind === "samerole") samerole = holds;
  }
  let [role, database] = [roles, databases];
  if (!membership) {
    // Who is in a group exists, and is in itself.
    if (groups.size > 0 || samerole === true) role = but(role, others);
    if (samerole === true) database = but(database, others);
    if (samerole === false) database = but(database, groups);
  }
  return {
    role: { within: role, asks: asks.role, wished: wished.role, longest: longestName },
    database: {
      within: database,
      asks: asks.database,
      wished: wished.database,
      longest: longestDatabase,
    },
    sameuser,
    samerole,
    groups,
  };
}

function ask(regex: Regex, holds: boolean): NameQuestion["asks"][number] {
  return { regex, holds };
}

function but(within: NameSet, names: ReadonlySet<Bytes>): NameSet {
  return names.size === 0 ? within : namesBut(within, { except: false, names });
}

function withRole(groups: ReadonlySet<Bytes>, isMember: boolean, group: Bytes): ReadonlySet<Bytes> {
  return isMember ? new Set([...groups, group]) : groups;
}
