import type { HbaRule } from "../../hba/rule.ts";
import type { Steps } from "../../steps.ts";
import { addToClass, emptyClass, narrownessOf } from "./rule-class.ts";
import type { Narrowness, RuleClass } from "./rule-class.ts";

/** Rules by what they can match. Every rule is in one class, by its place in `rules`. */
export interface CompiledRules {
  readonly rules: readonly HbaRule[];
  readonly local: readonly RuleClass[];
  readonly tcp: readonly RuleClass[];
  /** Those whose address is a host name. */
  readonly hostNamed: readonly HbaRule[];
}

/** A step for each rule. */
export function* compileRules(rules: readonly HbaRule[]): Steps<CompiledRules> {
  const local = new Map<string, RuleClass>();
  const tcp = new Map<string, RuleClass>();
  const hostNamed: HbaRule[] = [];
  for (const [place, rule] of rules.entries()) {
    const narrowness = narrownessOf(rule);
    addToClass(classOf(rule.type === "local" ? local : tcp, narrowness), place, narrowness);
    if (rule.address?.kind === "hostname") hostNamed.push(rule);
    yield;
  }
  return { rules, local: [...local.values()], tcp: [...tcp.values()], hostNamed };
}

function classOf(classes: Map<string, RuleClass>, narrowness: Narrowness): RuleClass {
  const { databases, users, network } = narrowness;
  const key = [databases, users, network].map((column) => (column ? "narrow" : "wide")).join();
  const known = classes.get(key);
  if (known) return known;
  const made = emptyClass(narrowness);
  classes.set(key, made);
  return made;
}
