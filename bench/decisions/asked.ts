import { isDeepStrictEqual } from "node:util";
import { decide } from "@sallyport/policy";
import type { Attempt, Facts, Policy } from "@sallyport/policy";
import type { Work } from "./measure.ts";

/** A `pg_hba.conf`, and attempts that are decided by it. */
export interface Asked {
  readonly hba: string;
  /** Each with the place of the rule that decides about it; null: none. */
  readonly attempts: readonly { readonly attempt: Attempt; readonly place: number | null }[];
  readonly facts: Facts;
}

/** The attempts in so many equal parts. Each has to be decided by its rule. */
export function decisions(policy: Policy, { attempts, facts }: Asked, rounds: number): Work {
  const part = Math.ceil(attempts.length / rounds);
  return (round) => {
    for (let at = round * part; at < (round + 1) * part; at += 1) {
      const asked = attempts[at];
      if (!asked) continue;
      const { rule } = decide(policy, asked.attempt, facts);
      if (rule !== (asked.place === null ? null : policy.rules[asked.place]))
        throw new Error(`${JSON.stringify(asked)} is decided by line ${rule?.lineNumber}`);
    }
  };
}

/** Both policies have the same rules, and must come to the same. */
export function compareDecisions(plain: Policy, compiled: Policy, { attempts, facts }: Asked): void {
  for (const { attempt } of attempts) {
    if (!isDeepStrictEqual(decide(plain, attempt, facts), decide(compiled, attempt, facts)))
      throw new Error(`not the same: ${JSON.stringify(attempt)}`);
  }
}
