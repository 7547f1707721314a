import {
  candidates,
  chooseRule,
  compilePolicy,
  conclude,
  isCatalogueMember,
  readerOf,
  settleChoice,
} from "@sallyport/policy";
import type {
  Bytes,
  Choice,
  Connection,
  Decision,
  Dependency,
  Facts,
  HbaRule,
  Policy,
} from "@sallyport/policy";
import { outcomes } from "../outcome/outcome.ts";
import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Box } from "./box.ts";
import { countedRules } from "./counted-rules.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";
import { boxAround, boxesOfRule } from "./of-rule.ts";
import type { Point } from "./point.ts";
import type { Hit } from "./search.ts";
import type { KnownWorld, Space } from "./space.ts";
import { connectionAt, factsAt } from "./world.ts";

/** A policy in a space. Rules are called by their places, the first being 0. */
export interface Side {
  readonly policy: Policy;
  readonly ruleAt: (place: number) => HbaRule | undefined;
  /** What a rule matches; see `boxesOfRule`. */
  readonly boxesAt: (place: number) => readonly Box[];
  /** What the rule of this place takes, which matches this connection: the first of its boxes that it is in. */
  readonly hitBy: (place: number, point: Point) => Hit;
  /** The rule that decides about a connection in its world; `length` of the rules: none does. */
  readonly decider: (point: Point) => number | NotDecided;
  /** What becomes of a connection, with facts that hold in its world. */
  readonly decision: (point: Point, facts: Facts, systemUser?: Bytes) => Decision;
  /** What becomes of whom this rule decides about; null: there is no rule. */
  readonly outcomeAt: (place: number) => RuleOutcome | null;
  readonly outcomeOf: (rule: HbaRule) => RuleOutcome;
  /** What it takes for the rule of this place to decide, or another one before it. */
  readonly dependsOn: (point: Point, place: number) => readonly Dependency[];
}

/** A connection, and what can be said of it without its world. */
interface Asked {
  readonly point: Point;
  readonly connection: Connection;
  readonly choice: Choice;
}

/** Of so many rules the boxes are kept: whoever goes through a file asks again for those that are near. */
const mostRules = 4096;
/** More boxes of a rule than these are not kept. */
const mostBoxes = 16;

export function sideOf(policy: Policy, space: Space): Side {
  const compiled = policy.compiled ? policy : compilePolicy(policy);
  const { rules } = policy;
  const ruleAt = readerOf(rules);
  const boxes = new Map<number, readonly Box[]>();
  const keep = (place: number, made: readonly Box[]): void => {
    if (boxes.size >= mostRules) boxes.clear();
    if (made.length <= mostBoxes) boxes.set(place, made);
  };
  const known = knownFacts(space.known);
  const outcomeOf = outcomes(policy.profile);
  // Who asks for the decider of a connection often asks what it depends on, too.
  let latest: Asked | null = null;
  const asked = (point: Point): Asked => {
    if (latest?.point === point) return latest;
    const connection = connectionAt(point);
    const next = compiled.compiled ? candidates(compiled.compiled, connection, 0) : everyPlace;
    const { counted, settle } = countedRules(next, ruleAt, space.effort);
    latest = { point, connection, choice: chooseRule(rules, connection, known, counted) };
    settle();
    space.effort.spend(10 * latest.choice.perhaps.length);
    return latest;
  };
  return {
    policy: compiled,
    ruleAt,
    boxesAt: (place) => {
      const made = boxes.get(place);
      if (made) return made;
      const rule = ruleAt(place);
      const boxesOf = rule ? boxesOfRule(rule, space) : [];
      keep(place, boxesOf);
      return boxesOf;
    },
    hitBy: (place, point) => {
      const kept = boxes.get(place);
      if (kept) return { boxes: kept };
      const rule = ruleAt(place);
      if (!rule) return { boxes: [] };
      if (rule.databases.length === 1 && rule.users.length === 1) {
        const made = boxesOfRule(rule, space);
        keep(place, made);
        return { boxes: made };
      }
      const around = boxAround(rule, point, space);
      return { boxes: around ? [around] : [] };
    },
    outcomeAt: (place) => {
      const rule = ruleAt(place);
      return rule ? outcomeOf(rule) : null;
    },
    outcomeOf,
    decider: (point) => {
      const { connection, choice } = asked(point);
      // What depends on nothing is so in every world, which then need not be made.
      const { place, perhaps } =
        choice.perhaps.length === 0 ? choice : settleChoice(choice, connection, factsAt(point, space));
      return perhaps.length > 0 ? notDecided : (place ?? rules.length);
    },
    decision: (point, facts, systemUser) => {
      const { connection, choice } = asked(point);
      const settled = settleChoice(choice, connection, facts);
      return conclude(compiled, { connection, choice: settled, systemUser }, facts);
    },
    dependsOn: (point, place) => {
      const { perhaps } = asked(point).choice;
      const last = perhaps.findIndex((one) => one.place === place);
      const before = last < 0 ? perhaps : perhaps.slice(0, last + 1);
      return before.flatMap(({ dependsOn }) => dependsOn);
    },
  };
}

function everyPlace(from: number): number {
  return from;
}

export function knownFacts({ catalogue, interfaces }: KnownWorld): Facts {
  return {
    ...(catalogue
      ? { membership: (role: string, group: string) => isCatalogueMember(catalogue, role, group) }
      : {}),
    ...(interfaces ? { interfaces } : {}),
  };
}
