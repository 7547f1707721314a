import { checkMap } from "@sallyport/policy";
import type { Bytes, HbaRule, MapVerdict, Regex } from "@sallyport/policy";
import { everything, intersect, withLiteral } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { longestSystemUser, onlyName } from "../space/name-set.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import type { Hit } from "../space/search.ts";
import type { Side } from "../space/side.ts";
import { factsAt } from "../space/world.ts";
import { pairsMade } from "./made-roles.ts";
import type { MapLine } from "./map-lines.ts";
import type { RulePair, Sides } from "./pairs.ts";
import { rawSystemUser } from "./system-user.ts";

/** Pairs that are granted by a line without a box are cut out one by one. */
const mostPairs = 60;

/** A line of a map, and the two rules that name it and the other map. */
export interface Grant {
  readonly sides: Sides;
  readonly pair: RulePair;
  readonly line: MapLine;
  readonly granting: "old" | "new";
  readonly refusing: "old" | "new";
  /** The lines of the map that grants, and of the one that refuses. */
  readonly all: readonly MapLine[];
  readonly others: readonly MapLine[];
}

/**
 * A role that the line grants to a system user, and the other side does not, as a point whose database he is.
 *
 * @param among whose roles count
 * @param hit what else keeps it from being one that is looked for
 */
export function findUnequal(
  grant: Grant,
  among: readonly Box[],
  hit: (point: Point, systemUser: Bytes) => Hit | null | NotDecided,
): Point | null | NotDecided {
  const { sides, pair, granting, refusing, all, others } = grant;
  const { space } = sides;
  const [own, other] = [sides[granting].ruleAt(pair[granting]), sides[refusing].ruleAt(pair[refusing])];
  if (!own || !other) return null;
  return findPoint(
    among.flatMap((box) => searched(box, grant, own)),
    (point) => {
      const systemUser = rawSystemUser(own, point.database, other);
      const ask = (side: Side, rule: HbaRule, lines: readonly MapLine[]): MapVerdict => {
        space.effort.spend(side.policy.mappings.length);
        const settle = space.effort.willAsk(lines.flatMap(regexesOf));
        const verdict = checkMap(side.policy, rule, point.role, systemUser, factsAt(point, space));
        settle();
        return verdict;
      };
      const refused = ask(sides[refusing], other, others);
      if (refused.matched === null) return notDecided;
      if (refused.matched) return { boxes: [...granted(grant, refused), onlyPair(point)] };
      if (ask(sides[granting], own, all).matched !== true) return { boxes: [onlyPair(point)] };
      return hit(point, systemUser);
    },
    { ...space, longestDatabase: longestSystemUser },
    mostPairs,
  );
}

function regexesOf({ matching, mapping }: MapLine): readonly Regex[] {
  const role = mapping?.databaseUser;
  return [...(matching ? [matching] : []), ...(role?.kind === "regex" ? [role.regex] : [])];
}

/** Of more lines than these it would take too long to leave out what they match. */
const mostBefore = 300;

/**
 * What the line grants by which the other side grants this. A line before it that makes a role of the name ends the search where it
 * has no group to make it of: what such lines match is left out.
 */
function granted({ others }: Grant, { mapping }: MapVerdict): readonly Box[] {
  const place = others.findIndex((line) => line.mapping === mapping);
  const box = others[place]?.box;
  if (!box) return [];
  const before = others.slice(0, place).filter((line) => line.box === null);
  if (before.length > mostBefore) return [];
  return [before.reduce((left, { matching }) => withoutMatches(left, matching), box)];
}

function withoutMatches(box: Box, regex: Regex | null): Box {
  return regex ? withLiteral(box, { atom: { kind: "database", regex }, holds: false }) : box;
}

/** Roles that the rules are about, and system users that the line grants them to. */
function searched(common: Box, { line, sides, granting, others }: Grant, rule: HbaRule): readonly Box[] {
  const { box, mapping } = line;
  const { space } = sides;
  if (!box)
    return mapping
      ? pairsMade(sides[granting].policy, mapping, common.roles, rule, others, space.effort)
      : [];
  const asks = [...common.literals].filter(([, { atom }]) => atom.kind === "role" || atom.kind === "member");
  const both = intersect(box, { ...everything, roles: common.roles, literals: new Map(asks) }, space);
  return both ? [both] : [];
}

function onlyPair({ role, database }: Point): Box {
  return { ...everything, roles: onlyName(role), databases: onlyName(database) };
}
