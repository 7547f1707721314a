import type { Bytes } from "@sallyport/policy";
import { everything, intersect } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { onlyName } from "../space/name-set.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import type { Point } from "../space/point.ts";
import type { MapLine } from "./map-lines.ts";
import type { NamedMap } from "./maps.ts";
import type { OpenLines } from "./open-lines.ts";
import { findDecided } from "./pairs.ts";
import type { RulePair, Sides } from "./pairs.ts";
import { findUnequal } from "./unequal.ts";
import type { Grant } from "./unequal.ts";

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
    const grant = {
      sides,
      pair,
      line,
      granting: side,
      refusing,
      all: lines[side],
      others: lines[refusing],
    } as const;
    // The same line is there, and so grants the same, unless one before it ends the search: is there anybody at all?
    if (isThere) {
      one.mayDiffer ??= findUnequal(grant, [everything], () => null) !== null;
      one.settled ||= !one.mayDiffer;
    }
    if (one.settled) continue;
    // Examples that show nothing are no proof, unless the same line is there.
    const found = findGrant(grant, common) ?? (line.box === null && !isThere ? notDecided : null);
    // What stays open is told once; rules about other roles may yet show more.
    if (found && (found !== notDecided || !one.told)) yield found;
    one.told ||= found === notDecided;
    one.settled = (found !== null && found !== notDecided) || (isThere && one.told);
  }
}

function mapAt({ maps, ...sides }: Sides, side: "old" | "new", pair: RulePair): NamedMap | null {
  return maps[side](sides[side].outcomeAt(pair[side]));
}

function findGrant(grant: Grant, common: readonly Box[]): MapChange | null | NotDecided {
  const { sides, pair, line, granting } = grant;
  let found: MapChange | null = null;
  const point = findUnequal(grant, common, (point, systemUser) => {
    const asRole = common.flatMap((box) => intersect(box, ofRole(point, line), sides.space) ?? []);
    const connection = findDecided(sides, pair, asRole);
    if (connection === notDecided) return connection;
    if (connection === null) return { boxes: [{ ...everything, roles: onlyName(point.role) }] };
    found = { side: granting, line, point: connection, systemUser };
    return null;
  });
  return point === notDecided ? point : found;
}

/** Connections as this role, which is in the groups that the line asks for. */
function ofRole(point: Point, { box }: MapLine): Box {
  const asks = [...(box?.literals ?? [])].filter(([, { atom }]) => atom.kind === "member");
  return { ...everything, roles: onlyName(point.role), literals: new Map(asks) };
}
