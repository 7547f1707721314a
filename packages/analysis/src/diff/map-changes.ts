import { checkMap } from "@sallyport/policy";
import type { Bytes, HbaRule, MapVerdict, Regex } from "@sallyport/policy";
import { everything, intersect, withLiteral } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { longestSystemUser, onlyName } from "../space/name-set.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Side } from "../space/side.ts";
import { factsAt } from "../space/world.ts";
import { pairsMade } from "./made-roles.ts";
import type { MapLine } from "./map-lines.ts";
import type { NamedMap } from "./maps.ts";
import type { OpenLines } from "./open-lines.ts";
import { findDecided } from "./pairs.ts";
import type { RulePair, Sides } from "./pairs.ts";
import { rawSystemUser } from "./system-user.ts";

/** A system user may be a role on one side only. */
export interface MapChange {
  /** The side that lets it. */
  readonly side: "old" | "new";
  readonly line: MapLine;
  /** Who it is a witness of: a connection as that role. */
  readonly point: Point;
  /** As the other system reports it. */
  readonly systemUser: Bytes;
}

/**
 * Of two rules that hold the name of another system against the role: what one side's map grants and the other's does not, with a
 * witness for each line that grants it. Without lines that make a role of the system user's name (`\1`) it is exact; of these
 * some names are tried.
 *
 * @param common what both rules match
 * @param open what is left to look for: rules often share a map
 */
export function* mapChanges(
  sides: Sides,
  pair: RulePair,
  common: readonly Box[],
  open: OpenLines,
): Generator<MapChange | NotDecided, void, undefined> {
  const maps = { old: mapAt(sides, "old", pair), new: mapAt(sides, "new", pair) };
  if (!maps.old || !maps.new) return;
  const lines = { old: maps.old.lines, new: maps.new.lines };
  for (const one of open(maps.old, maps.new)) {
    const { line, side, isThere } = one;
    const refusing = side === "new" ? "old" : "new";
    const found =
      findGrant({ sides, pair, common, line, granting: side, refusing, others: lines[refusing] }) ??
      // Examples that show nothing are no proof, unless the same line is there.
      (line.box === null && !isThere ? notDecided : null);
    // What stays open is told once; rules about other roles may yet show more.
    if (found && (found !== notDecided || !one.told)) yield found;
    one.told ||= found === notDecided;
    one.settled = isThere || (found !== null && found !== notDecided);
  }
}

function mapAt({ maps, ...sides }: Sides, side: "old" | "new", pair: RulePair): NamedMap | null {
  return maps[side](sides[side].outcomeAt(pair[side]));
}

/** Pairs that are granted by a line without a box are cut out one by one. */
const mostPairs = 60;

interface Grant {
  readonly sides: Sides;
  readonly pair: RulePair;
  readonly common: readonly Box[];
  readonly line: MapLine;
  readonly granting: "old" | "new";
  readonly refusing: "old" | "new";
  /** Of the side that refuses. */
  readonly others: readonly MapLine[];
}

function findGrant(grant: Grant): MapChange | null | NotDecided {
  const { sides, pair, common, line, granting, refusing } = grant;
  const { space } = sides;
  const [own, other] = [sides[granting].ruleAt(pair[granting]), sides[refusing].ruleAt(pair[refusing])];
  if (!own || !other) return null;
  let found: MapChange | null = null;
  const point = findPoint(
    common.flatMap((box) => searched(box, grant, own)),
    (point) => {
      const exactly = onlyPair(point);
      const systemUser = rawSystemUser(own, point.database);
      const ask = (side: Side, rule: HbaRule): MapVerdict =>
        checkMap(side.policy, rule, point.role, systemUser, factsAt(point, space));
      const refused = ask(sides[refusing], other);
      if (refused.matched === null) return notDecided;
      if (refused.matched) return { boxes: [...granted(grant, refused), exactly] };
      if (ask(sides[granting], own).matched !== true) return { boxes: [exactly] };
      const asRole = common.flatMap((box) => intersect(box, ofRole(point, line), space) ?? []);
      const connection = findDecided(sides, pair, asRole);
      if (connection === notDecided) return connection;
      if (connection === null) return { boxes: [{ ...everything, roles: exactly.roles }] };
      found = { side: granting, line, point: connection, systemUser };
      return null;
    },
    { ...space, longestDatabase: longestSystemUser },
    mostPairs,
  );
  return point === notDecided ? point : found;
}

/**
 * What the line grants by which the other side grants this. A line before it that makes a role of the name ends the search where it
 * has no group to make it of: what such lines match is left out.
 */
function granted({ others }: Grant, { mapping }: MapVerdict): readonly Box[] {
  const place = others.findIndex((line) => line.mapping === mapping);
  const box = others[place]?.box;
  if (!box) return [];
  const before = others.slice(0, place).filter((line) => line.box === null);
  return [before.reduce((left, { matching }) => withoutMatches(left, matching), box)];
}

function withoutMatches(box: Box, regex: Regex | null): Box {
  return regex ? withLiteral(box, { atom: { kind: "database", regex }, holds: false }) : box;
}

/** Roles that the rules are about, and system users that the line grants them to. */
function searched(common: Box, { line, sides, granting, others }: Grant, rule: HbaRule): readonly Box[] {
  const { box, mapping } = line;
  const { space } = sides;
  if (!box) return mapping ? pairsMade(sides[granting].policy, mapping, common.roles, rule, others) : [];
  const asks = [...common.literals].filter(([, { atom }]) => atom.kind === "role" || atom.kind === "member");
  const both = intersect(box, { ...everything, roles: common.roles, literals: new Map(asks) }, space);
  return both ? [both] : [];
}

function onlyPair({ role, database }: Point): Box {
  return { ...everything, roles: onlyName(role), databases: onlyName(database) };
}

/** Connections as this role, which is in the groups that the line asks for. */
function ofRole(point: Point, { box }: MapLine): Box {
  const asks = [...(box?.literals ?? [])].filter(([, { atom }]) => atom.kind === "member");
  return { ...everything, roles: onlyPair(point).roles, literals: new Map(asks) };
}
