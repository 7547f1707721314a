import { Narrowness } from "../../digest/narrowness.ts";
import { RuleDigest, takeDigest } from "../../digest/rule-digest.ts";
import type { HbaRule } from "../../hba/rule.ts";
import { readerOf } from "../../lazy-list.ts";
import type { Steps } from "../../steps.ts";
import { lookAtCrowded } from "./crowded.ts";
import { ruleClass } from "./rule-class.ts";
import type { RuleClass } from "./rule-class.ts";

/** Rules by what they can match. Every rule is in one class, by its place in `rules`. */
export interface CompiledRules {
  readonly rules: readonly HbaRule[];
  readonly local: readonly RuleClass[];
  readonly tcp: readonly RuleClass[];
  /** The places of those whose address is a host name. */
  readonly hostNamed: Uint32Array;
}

/** A step for some thousand rules; for each one if these rules do not come from one file as they are. */
export function* compileRules(rules: readonly HbaRule[]): Steps<CompiledRules> {
  const ruleAt = readerOf(rules);
  const digest = takeDigest(rules) ?? (yield* digestOf(rules));
  const [local, tcp]: [RuleClass[], RuleClass[]] = [[], []];
  for (const one of digest.classes) {
    const made = yield* ruleClass(one);
    (one.isLocal ? local : tcp).push(made);
    yield* lookAtCrowded(made, rules.length, ruleAt);
  }
  const hostNamed = yield* digest.hostNamed.packed();
  for (const place of hostNamed) {
    ruleAt(place);
    yield;
  }
  return { rules, local, tcp, hostNamed };
}

function* digestOf(rules: readonly HbaRule[]): Steps<RuleDigest> {
  const digest = new RuleDigest();
  const narrowness = new Narrowness();
  for (const [place, rule] of rules.entries()) {
    digest.add(place, narrowness.of(rule));
    yield;
  }
  return digest;
}
