import type { Policy } from "@sallyport/policy";
import { mustBeAnalysable } from "../errors.ts";
import type { RuleOutcome } from "../outcome/outcome.ts";
import { sizeOf } from "../space/box.ts";
import { Effort } from "../space/effort.ts";
import { lanesOfServer } from "../space/lanes.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import { sideOf } from "../space/side.ts";
import { createSpace } from "../space/space.ts";
import type { KnownWorld, Space } from "../space/space.ts";
import { changeOfMap, changeOfRules } from "./change.ts";
import type { Change } from "./change.ts";
import { changedPlaces } from "./common.ts";
import { compareOutcomes } from "./kind.ts";
import type { Compared } from "./kind.ts";
import { mapChanges } from "./map-changes.ts";
import { mapsOf } from "./maps.ts";
import { openLines } from "./open-lines.ts";
import { candidatePairs, commonBoxes, findDecided, outcomesOf } from "./pairs.ts";
import type { RulePair, Sides } from "./pairs.ts";
import { createReader } from "./read-through.ts";
import { rulesOf } from "./rules-of-change.ts";
import type { RulesOfChange } from "./rules-of-change.ts";

/** How two policies differ. */
export interface Difference {
  /** Each pair of rules that decide about the same connections and lead to something else is there once. */
  readonly changes: readonly Change[];
  /** Of these rules it was not found out whether they decide about the same connections, or whether their maps differ. */
  readonly undecided: readonly Undecided[];
  /** Where the boxes of regions are. */
  readonly space: Space;
}

export interface Undecided extends RulesOfChange {
  /**
   * Of the last one, where it would have taken too long to go on: so many changed rules, of both sides and these among them, have not
   * been compared with all that they have to be. Null: it is about these two rules.
   */
  readonly notCompared: number | null;
}

/** What a change and a pair that is not decided cost, since they are kept. */
const changeWork = 1000;
const undecidedWork = 1000;
const pairWork = 200;

/**
 * What becomes of whom otherwise, if one policy takes the place of another one. They may be read by servers of different
 * versions; settings and what is known of the world are taken as the same on both sides.
 *
 * Only rules that have no equal on the other side, in the same order, are looked at. That is enough: take a common subsequence
 * of equal rules, and a connection about which rules of it decide on both sides. If these were two, the one that stands before
 * the other would match on the other side, too, and decide there. So they are one, and lead to the same. And if one decides on
 * one side, then it matches on the other, where something decides, too.
 *
 * Throws `AnalysisError` for a policy with `db_user_namespace`.
 *
 * @param effort what may be done
 */
export function diff(
  before: Policy,
  after: Policy,
  known: KnownWorld,
  effort: Effort = new Effort(before.rules.length + after.rules.length),
): Difference {
  mustBeAnalysable(before);
  mustBeAnalysable(after);
  const space = createSpace(known, effort);
  const [old, now] = [sideOf(before, space), sideOf(after, space)];
  const lanes = lanesOfServer(before.profile) | lanesOfServer(after.profile);
  const maps = { old: mapsOf(old, space), new: mapsOf(now, space) };
  const reader = createReader(effort);
  const read = { old: reader(old, maps.old), new: reader(now, maps.new) };
  const sides: Sides = { space, lanes, old, new: now, maps, read };
  const changed = changedPlaces(read.old.meanings, read.new.meanings);
  const compare = comparer(sides);
  const differ = (before: RuleOutcome | null, after: RuleOutcome | null): boolean => {
    const { kind, maps: mapsDiffer } = compare(before, after);
    return kind !== null || mapsDiffer;
  };
  const changes: Change[] = [];
  const undecided: Undecided[] = [];
  const open = openLines();
  const give = (change: Change | NotDecided, pair: RulePair): void => {
    if (change === notDecided) undecided.push({ ...rulesOf(sides, pair), notCompared: null });
    else changes.push(change);
    const kept = change === notDecided ? [] : change.region.boxes;
    effort.spend(change === notDecided ? undecidedWork : changeWork);
    for (const box of kept) effort.spend(5 * sizeOf(box));
  };

  const compared = { old: 0, new: 0 };
  for (const pair of candidatePairs(sides, changed, differ, compared)) {
    effort.spend(pairWork);
    const { kind, maps: mapsDiffer } = compare(...outcomesOf(sides, pair));
    const { boxes: common, areAll } = commonBoxes(sides, pair);
    const point = findDecided(sides, pair, common) ?? (areAll ? null : notDecided);
    if (point === null) continue;
    if (point === notDecided) give(point, pair);
    else if (kind !== null) give(changeOfRules(sides, pair, kind, point, common), pair);
    if (!mapsDiffer) continue;
    for (const found of mapChanges(sides, pair, common, open)) {
      give(found === notDecided ? found : changeOfMap(sides, pair, found, common), pair);
    }
  }
  const notCompared = changed.old.length - compared.old + changed.new.length - compared.new;
  if (notCompared > 0) {
    const pair = {
      old: changed.old[compared.old] ?? before.rules.length,
      new: changed.new[compared.new] ?? after.rules.length,
    };
    undecided.push({ ...rulesOf(sides, pair), notCompared });
  }
  return { changes, undecided, space };
}

/** Outcomes are few, however many rules there are. */
function comparer({ maps }: Sides): (before: RuleOutcome | null, after: RuleOutcome | null) => Compared {
  const known = new Map<RuleOutcome | null, Map<RuleOutcome | null, Compared>>();
  return (before, after) => {
    const row = known.get(before) ?? new Map<RuleOutcome | null, Compared>();
    known.set(before, row);
    const made = row.get(after);
    if (made) return made;
    const compared = compareOutcomes(before, after);
    const differ = compared.maps && maps.old(before)?.meaning !== maps.new(after)?.meaning;
    const result = { ...compared, maps: differ };
    row.set(after, result);
    return result;
  };
}
