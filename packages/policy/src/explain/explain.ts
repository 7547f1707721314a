import type { RoleCatalogue } from "../catalogue.ts";
import type { Attempt } from "../decide/attempt.ts";
import { decide } from "../decide/decide.ts";
import type { Facts } from "../decide/facts.ts";
import type { Policy } from "../policy.ts";
import { refusalHints } from "./hints.ts";
import { whatFollows } from "./then.ts";
import { traceRules } from "./trace.ts";
import type { Explanation } from "./text.ts";

export interface ExplainOptions {
  /** What membership, secrets and databases are read from; null: unknown. */
  readonly catalogue: RoleCatalogue | null;
  /** The time at which VALID UNTIL is judged. */
  readonly now: Date;
  /** Explain every rule, not only the nearest misses. */
  readonly whole: boolean;
}

/** Decides about an attempt and says why, what follows, and what would change it. */
export function explain(
  policy: Policy,
  attempt: Attempt,
  facts: Facts,
  { catalogue, now, whole }: ExplainOptions,
): Explanation {
  const decision = decide(policy, attempt, facts);
  return {
    policy,
    decision,
    trace: traceRules(policy, decision, facts),
    then: whatFollows(decision, policy.profile, catalogue, now),
    hints: refusalHints(policy, attempt, decision, facts),
    whole,
  };
}
