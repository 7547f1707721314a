import { everyAddress, noAddress } from "./address-set.ts";
import type { AddressSet } from "./address-set.ts";
import { keyOf, lanesOfAtom, noLiterals } from "./atom.ts";
import type { Literal, Literals } from "./atom.ts";
import { everyLane, ordinary, tcp } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import { areApart, bothNames, everyName, isNoName, namesBut, namesCompared } from "./name-set.ts";
import type { NameSet } from "./name-set.ts";
import type { Space } from "./space.ts";

/**
 * The connections that come by one of these lanes, from one of these addresses (by TCP), as one of these roles, to one of
 * these databases (unless it is physical replication), and for which every literal is as it says where it matters.
 *
 * Boxes are not made empty by what contradicts in evident ways; whether there is anybody in one, `pointIn` tells.
 */
export interface Box {
  readonly lanes: Lanes;
  readonly addresses: AddressSet;
  readonly roles: NameSet;
  readonly databases: NameSet;
  readonly literals: Literals;
}

export const everything: Box = {
  lanes: everyLane,
  addresses: everyAddress,
  roles: everyName,
  databases: everyName,
  literals: noLiterals,
};

/** What of a box comes by these lanes. */
export function inLanes(box: Box, lanes: Lanes): Box {
  return (box.lanes & ~lanes) === 0 ? box : { ...box, lanes: box.lanes & lanes };
}

/** What is in both; null: evidently nothing is. */
export function intersect(a: Box, b: Box, space: Space): Box | null {
  const lanes = lanesInBoth(a, b, space);
  if (lanes === 0) return null;
  return {
    lanes,
    addresses: space.addresses.and(a.addresses, b.addresses),
    roles: bothNames(a.roles, b.roles),
    databases: bothNames(a.databases, b.databases),
    literals: bothLiterals(a.literals, b.literals),
  };
}

/** The lanes by which there may be somebody in both. Most boxes have nothing in common, and nothing is made to see that. */
function lanesInBoth(a: Box, b: Box, { addresses, effort }: Space): Lanes {
  effort.spend(10 + compared(a, b));
  let lanes = a.lanes & b.lanes;
  if (lanes === 0 || areApart(a.roles, b.roles)) return 0;
  if (areApart(a.databases, b.databases)) lanes &= ~ordinary;
  if (addresses.and(a.addresses, b.addresses) === noAddress) lanes &= ~tcp;
  return lanesAgreed(lanes, a.literals, b.literals);
}

/** What is in the first and not in the other, as boxes of which no two have a connection in common. */
export function subtract(a: Box, b: Box, space: Space): Box[] {
  if (lanesInBoth(a, b, space) === 0) return [a];
  space.effort.spend(30 + 2 * compared(a, b) + a.roles.names.size + a.databases.names.size);
  const pieces: Box[] = [];
  /** What is in `b`, too, as far as has been looked at. */
  let rest: Box | null = a;
  const cut = (where: Lanes, outside: Box, inside: Box): void => {
    const piece = tidy({ ...outside, lanes: outside.lanes & where });
    if (piece) pieces.push(piece);
    rest = tidy(inside);
  };
  const { addresses } = space;
  // Where nothing is outside, there is nothing to cut.
  if ((a.lanes & ~b.lanes) !== 0) cut(~b.lanes, a, { ...a, lanes: a.lanes & b.lanes });
  const otherRoles = namesBut(a.roles, b.roles);
  if (rest && !isNoName(otherRoles))
    cut(everyLane, { ...rest, roles: otherRoles }, { ...rest, roles: bothNames(a.roles, b.roles) });
  const elsewhere = namesBut(a.databases, b.databases);
  if (rest && !isNoName(elsewhere)) {
    const databases = bothNames(a.databases, b.databases);
    cut(ordinary, { ...rest, databases: elsewhere }, { ...rest, databases });
  }
  const outside = addresses.minus(a.addresses, b.addresses);
  if (rest && outside !== noAddress) {
    const inside = addresses.and(a.addresses, b.addresses);
    cut(tcp, { ...rest, addresses: outside }, { ...rest, addresses: inside });
  }
  for (const literal of b.literals.values()) {
    if (!rest) break;
    const opposite = { ...literal, holds: !literal.holds };
    cut(lanesOfAtom(literal.atom), withLiteral(rest, opposite), withLiteral(rest, literal));
  }
  return pieces;
}

function compared(a: Box, b: Box): number {
  const names = namesCompared(a.roles, b.roles) + namesCompared(a.databases, b.databases);
  return names + b.literals.size * (1 + a.literals.size);
}

/** How much is kept of a box, in names and literals. */
export function sizeOf({ roles, databases, literals }: Box): number {
  return 4 + roles.names.size + databases.names.size + 2 * literals.size;
}

/** The box with one literal more. */
export function withLiteral(box: Box, literal: Literal): Box {
  const one = new Map([[keyOf(literal.atom), literal]]);
  const lanes = lanesAgreed(box.lanes, box.literals, one);
  return { ...box, lanes, literals: bothLiterals(box.literals, one) };
}

/** The lanes in which no atom would have to hold and not to hold. */
function lanesAgreed(lanes: Lanes, a: Literals, b: Literals): Lanes {
  let left = lanes;
  for (const [key, { atom, holds }] of a) {
    const other = b.get(key);
    if (other && other.holds !== holds) left &= ~lanesOfAtom(atom);
  }
  return left;
}

/** Those of both, which agree in the lanes that are left. */
function bothLiterals(a: Literals, b: Literals): Literals {
  if (a.size === 0 || b.size === 0) return a.size === 0 ? b : a;
  const literals = new Map(a);
  for (const [key, literal] of b) if (!literals.has(key)) literals.set(key, literal);
  return literals;
}

/** Takes out the lanes for which there is evidently nothing; null: for none is there anything. */
function tidy(box: Box): Box | null {
  let { lanes } = box;
  if (box.addresses === noAddress) lanes &= ~tcp;
  if (isNoName(box.databases)) lanes &= ~ordinary;
  if (lanes === 0 || isNoName(box.roles)) return null;
  return lanes === box.lanes ? box : { ...box, lanes };
}
