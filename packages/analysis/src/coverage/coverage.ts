import { distinctDependencies } from "@sallyport/policy";
import type { Dependency, HbaRule, Policy } from "@sallyport/policy";
import { mustBeAnalysable } from "../errors.ts";
import { inLanes } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { Effort } from "../space/effort.ts";
import { lanesOfServer, lanesOfType } from "../space/lanes.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import { boxesOfRule, hasManyBoxes } from "../space/of-rule.ts";
import type { Point } from "../space/point.ts";
import { findPoint } from "../space/search.ts";
import { sideOf } from "../space/side.ts";
import type { Side } from "../space/side.ts";
import { createSpace } from "../space/space.ts";
import type { KnownWorld, Space } from "../space/space.ts";
import { witnessOf } from "../space/witness.ts";
import type { Witness } from "../space/witness.ts";
import { fewest } from "./fewest.ts";
import { guess } from "./guess.ts";

/** Whether a rule ever decides. */
export type RuleCoverage = {
  /** In `policy.rules`, from 0. */
  readonly place: number;
  readonly rule: HbaRule;
} & Reach;

/** Who gets to a rule. */
export type Reach =
  | {
      readonly status: "reachable";
      readonly witness: Witness;
      /** What the witness is none of (a member, a host of this name): such clients there always are. */
      readonly dependsOn: readonly Dependency[];
    }
  | {
      readonly status: "unreachable";
      /** Rules before it that decide about all that it matches, none of them to spare; empty: it matches nobody. */
      readonly coveredBy: readonly HbaRule[];
      /** One of them leads to something else than this rule would. */
      readonly otherOutcome: boolean;
    }
  | {
      readonly status: "unknown";
      /** Decided by this rule if what it depends on is so. Null: nobody was found, and that there is nobody is not certain. */
      readonly witness: Witness | null;
      readonly dependsOn: readonly Dependency[];
      /** It would have taken too long to find out. */
      readonly givenUp: boolean;
    };

/** With more of them a new space is begun for the next rule: about 60 MB. */
const mostSets = 500_000;

const unknown: Reach = { status: "unknown", witness: null, dependsOn: [], givenUp: true };

/**
 * Tells of each rule whether there is a connection that it decides about. Rules of a type that cannot come to this server
 * (`hostssl` without TLS) are left out: PostgreSQL warns of them when it loads the file. A file may be written so that it would take
 * hours: of rules for which there is no time it is not told.
 *
 * Throws `AnalysisError` for a policy with `db_user_namespace`.
 *
 * @param effort what may be done
 */
export function* coverage(
  policy: Policy,
  known: KnownWorld,
  effort: Effort = new Effort(policy.rules.length),
): Generator<RuleCoverage, undefined, undefined> {
  mustBeAnalysable(policy);
  let space = createSpace(known, effort);
  let side = sideOf(policy, space);
  const lanes = lanesOfServer(policy.profile);
  for (let place = 0; place < policy.rules.length; place += 1) {
    const rule = side.ruleAt(place);
    if (!rule) continue;
    const likely = effort.isSpent ? null : guess(rule, lanes, space);
    if (likely && side.decider(likely) === place) {
      yield { place, rule, ...reachedBy(likely, side, place, rule) };
      continue;
    }
    if (effort.isSpent || hasManyBoxes(rule)) {
      if (lanesOfType(rule.type) & lanes) yield { place, rule, ...unknown };
      continue;
    }
    if (space.addresses.size > mostSets) {
      space = createSpace(known, effort);
      side = sideOf(side.policy, space);
    }
    // Not `boxesAt`, which keeps them: of most rules nobody asks again.
    const boxes = boxesOfRule(rule, space).map((box) => inLanes(box, lanes));
    const cannotCome = boxes.length > 0 && boxes.every((box) => box.lanes === 0);
    if (!cannotCome) yield { place, rule, ...reach(side, space, place, rule, boxes) };
  }
}

/** @param boxes what the rule of this place matches */
function reach(side: Side, space: Space, place: number, rule: HbaRule, boxes: readonly Box[]): Reach {
  const { givenUp } = space.effort;
  const covering = new Set<number>();
  const point = findPoint(
    boxes,
    (point) => {
      const decider = side.decider(point);
      if (decider === notDecided || decider > place) return notDecided;
      if (decider === place) return null;
      covering.add(decider);
      return side.hitBy(decider, point);
    },
    space,
  );
  if (point === notDecided)
    return { status: "unknown", witness: null, dependsOn: [], givenUp: space.effort.givenUp > givenUp };
  if (point === null) {
    const others = fewest(boxes, [...covering], side, space);
    const coveredBy = others.map(side.ruleAt).filter((other) => other !== undefined);
    return {
      status: "unreachable",
      coveredBy,
      otherOutcome: others.some((other) => side.outcomeAt(other) !== side.outcomeAt(place)),
    };
  }
  return reachedBy(point, side, place, rule);
}

/** @param point about which the rule of this place decides, in the world of the point */
function reachedBy(point: Point, side: Side, place: number, rule: HbaRule): Reach {
  const dependsOn = distinctDependencies(side.dependsOn(point, place));
  const witness = witnessOf(point, dependsOn);
  const certain = dependsOn.length === 0 || isStranger(point, rule, dependsOn);
  return certain
    ? { status: "reachable", witness, dependsOn }
    : { status: "unknown", witness, dependsOn, givenUp: false };
}

/**
 * Does it depend only on what the client is not, and is the rule about so many that one of them is not? Of all names there is one
 * that is no role, and so no member; of more than one address, one without that name and away from the server.
 */
function isStranger(
  { groups, hostname, near }: Point,
  rule: HbaRule,
  dependsOn: readonly Dependency[],
): boolean {
  if (groups.size > 0 || hostname !== null || near !== null) return false;
  return dependsOn.every(({ fact }) => {
    if (fact === "membership") return rule.users.some(({ kind }) => kind === "all");
    return (
      rule.address?.kind === "all" || (rule.address?.kind === "network" && rule.address.mask.includes("\0"))
    );
  });
}
