import { candidates, chooseRule, features } from "@sallyport/policy";
import type { HbaRule, Policy } from "@sallyport/policy";
import { createOverlap } from "../diff/overlap.ts";
import type { Overlap } from "../diff/overlap.ts";
import { reachOf } from "../diff/reach.ts";
import type { RuleOutcome } from "../outcome/outcome.ts";
import { notDecided } from "../space/not-decided.ts";
import type { NotDecided } from "../space/not-decided.ts";
import type { Point } from "../space/point.ts";
import { countedRules } from "../space/counted-rules.ts";
import { sideOf } from "../space/side.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";
import { connectionAt, factsAt } from "../space/world.ts";
import type { DraftRule } from "./draft.ts";
import type { Reading } from "./readings.ts";

/** The rules of a draft as one reading has them, to be asked about. */
export interface RoundSide {
  readonly side: Side;
  readonly overlap: Overlap;
  /** Undefined: there is no rule. */
  readonly outcomeAt: (place: number) => RuleOutcome | undefined;
  /** The first rule but these that matches a connection; `length` of the rules: none does. */
  readonly decider: (point: Point, isLeftOut: (place: number) => boolean) => number | NotDecided;
}

export function roundSide(
  draft: readonly DraftRule[],
  index: number,
  reading: Reading,
  space: Space,
): RoundSide {
  const rules = draft.flatMap((one) => one.rules[index] ?? []);
  const side = sideOf(policyWith(reading, rules), space);
  const overlap = createOverlap(space.effort);
  const outcomes = rules.map(reading.outcomeOf);
  for (const [place, outcome] of outcomes.entries()) {
    const rule = rules[place];
    if (rule) overlap.add(reachOf(rule), outcome);
  }
  return { side, overlap, outcomeAt: (place) => outcomes[place], decider: deciderOf(side, rules, space) };
}

/** Of a server with TLS and GSSAPI: a file is to be right also for one that gets them later. */
function policyWith({ policy }: Reading, rules: readonly HbaRule[]): Policy {
  const { profile } = policy;
  const settings = { ...profile.settings, ssl: true };
  return { ...policy, profile: { ...profile, features: new Set(features), settings }, rules };
}

function deciderOf({ policy }: Side, rules: readonly HbaRule[], space: Space): RoundSide["decider"] {
  return (point, isLeftOut) => {
    const connection = connectionAt(point);
    const next = policy.compiled && candidates(policy.compiled, connection, 0);
    const passing = (from: number): number => {
      let place = next?.(from) ?? from;
      while (place < rules.length && isLeftOut(place)) place = next?.(place + 1) ?? place + 1;
      return place;
    };
    const { counted, settle } = countedRules(passing, (at) => rules[at], space.effort);
    const { place, perhaps } = chooseRule(rules, connection, factsAt(point, space), counted);
    settle();
    return perhaps.length > 0 ? notDecided : (place ?? rules.length);
  };
}
