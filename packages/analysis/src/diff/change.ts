import { checkMap, distinctDependencies } from "@sallyport/policy";
import type { Bytes, Decision, Dependency, Facts, Mapping } from "@sallyport/policy";
import type { Box } from "../space/box.ts";
import { onlyName } from "../space/name-set.ts";
import type { Point } from "../space/point.ts";
import { knownFacts } from "../space/side.ts";
import type { Side } from "../space/side.ts";
import { witnessOf } from "../space/witness.ts";
import type { Witness } from "../space/witness.ts";
import { factsAt } from "../space/world.ts";
import { changeWords, mapWords } from "./change-words.ts";
import type { ChangeKind } from "./kind.ts";
import type { MapChange } from "./map-changes.ts";
import type { RulePair, Sides } from "./pairs.ts";
import { regionOf } from "./region.ts";
import type { Region } from "./region.ts";
import { rulesOf } from "./rules-of-change.ts";
import type { RulesOfChange } from "./rules-of-change.ts";

/** What changes for some connections: one rule decided about them, and another one does now. */
export interface Change {
  readonly kind: ChangeKind;
  /** The rules that decide; null: none does. */
  readonly rules: RulesOfChange;
  /**
   * Of a change of a map: the side on which the witness may be its role, and the line by which, or null: by equal names. Null: it
   * is no change of a map.
   */
  readonly map: { readonly side: "old" | "new"; readonly mapping: Mapping | null } | null;
  readonly region: Region;
  /** Who, to what, from where; and what of it, by which lines. */
  readonly words: Bytes;
  readonly witness: Witness;
  /** About the witness, where all that they depend on is so. */
  readonly old: Decision;
  readonly new: Decision;
  readonly dependsOn: readonly Dependency[];
}

/** @param common what both rules match */
export function changeOfRules(
  sides: Sides,
  pair: RulePair,
  kind: ChangeKind,
  point: Point,
  common: readonly Box[],
): Change {
  const region = regionOf(sides, pair, common);
  const rules = rulesOf(sides, pair);
  const words = changeWords(region, common, rules, sides.space);
  return { kind, rules, map: null, region, words, ...witnessed(sides, pair, point, undefined) };
}

/** A map that lets somebody be a role on one side only. */
export function changeOfMap(sides: Sides, pair: RulePair, found: MapChange, common: readonly Box[]): Change {
  const { side, line, point, systemUser } = found;
  const rules = rulesOf(sides, pair);
  const roles = onlyName(point.role);
  return {
    kind: side === "new" ? "widening" : "narrowing",
    rules,
    map: { side, mapping: line.mapping },
    region: { boxes: common.map((box) => ({ ...box, roles })), exact: false },
    words: mapWords(found, rules),
    ...witnessed(sides, pair, point, systemUser),
  };
}

function witnessed(
  { space, old, new: now }: Sides,
  pair: RulePair,
  point: Point,
  systemUser: Bytes | undefined,
): Pick<Change, "witness" | "old" | "new" | "dependsOn"> {
  const known = knownFacts(space.known);
  const needed = (side: Side, place: number): readonly Dependency[] => {
    const rule = side.ruleAt(place);
    const ofMap =
      rule && systemUser !== undefined ? checkMap(side.policy, rule, point.role, systemUser, known) : null;
    return [...side.dependsOn(point, place), ...(ofMap?.dependsOn ?? [])];
  };
  const dependsOn = distinctDependencies([...needed(old, pair.old), ...needed(now, pair.new)]);
  const { attempt, ...name } = witnessOf(point, dependsOn);
  const witness = { attempt: systemUser === undefined ? attempt : { ...attempt, systemUser }, ...name };
  const facts = assumed(known, factsAt(point, space), dependsOn);
  return {
    witness,
    old: old.decision(point, facts, systemUser),
    new: now.decision(point, facts, systemUser),
    dependsOn,
  };
}

/** Only what an answer depends on is assumed. */
function assumed(known: Facts, world: Facts, dependsOn: readonly Dependency[]): Facts {
  const needs = new Set(dependsOn.map(({ fact }) => fact));
  const { membership, hostname, interfaces } = world;
  return {
    ...known,
    ...(needs.has("membership") && membership ? { membership } : {}),
    ...(needs.has("hostname") && hostname ? { hostname } : {}),
    ...(needs.has("interfaces") && interfaces ? { interfaces } : {}),
  };
}
