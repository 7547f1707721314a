import type { Bytes } from "../bytes.ts";
import type { HbaRule } from "../hba/rule.ts";
import { readerOf } from "../lazy-list.ts";
import type { Policy } from "../policy.ts";
import { connectionOf } from "./attempt.ts";
import type { Attempt, Connection } from "./attempt.ts";
import { chooseRule, everyRule } from "./choose-rule.ts";
import type { Choice } from "./choose-rule.ts";
import { candidates } from "./compiled/candidates.ts";
import type { CompiledRules } from "./compiled/compile-rules.ts";
import { distinctDependencies } from "./facts.ts";
import type { Dependency, Facts } from "./facts.ts";
import { methodFailure } from "./method-failure.ts";
import {
  invalidAuthorization,
  matchedLineDetail,
  noEntryDetail,
  noEntryMessage,
  rejectMessage,
} from "./refusal.ts";
import { checkMap, usesMap } from "./usermap.ts";
import type { MapVerdict } from "./usermap.ts";

/**
 * - `authenticate`: the rule's method decides; `reject`: the rule refuses; `no_entry`: no rule fits;
 * - `refused`: the rule would let in, and its user name map does not;
 * - `unknown`: it depends on something that is not among the facts.
 */
export type Outcome = "authenticate" | "reject" | "no_entry" | "refused" | "unknown";

/** What becomes of an attempt, and by which line. */
export interface Decision {
  readonly outcome: Outcome;
  /** Of a refusal. */
  readonly sqlstate: string | null;
  /** The FATAL that PostgreSQL would send, where it is certain. */
  readonly message: Bytes | null;
  /** Its log DETAIL. */
  readonly detail: Bytes | null;
  /** The deciding rule; of an unknown outcome the one that decides if nothing before it does. */
  readonly rule: HbaRule | null;
  readonly map: MapVerdict | null;
  /** What settles it, in the order in which the server would ask; the first is needed first. */
  readonly dependsOn: readonly Dependency[];
  /**
   * What the DETAIL of a refusal without a rule depends on, and nothing else does: the server looks for the client's
   * name before it sees that a rule does not fit for its database or user. While this is not empty there is no DETAIL.
   */
  readonly detailDependsOn: readonly Dependency[];
  /** Of an unknown outcome: each rule that may decide, and what has to hold for it. */
  readonly perhaps: Choice["perhaps"];
  readonly connection: Connection;
}

/**
 * Decides about an attempt as PostgreSQL does, without asking anybody: what it would have to know comes in as
 * facts, or the outcome is `unknown` and says what it depends on.
 *
 * Throws `RangeError` if the attempt's address is no IP address; otherwise total.
 */
export function decide(policy: Policy, attempt: Attempt, facts: Facts = {}): Decision {
  const connection = connectionOf(attempt, policy.profile);
  const compiled = compiledOf(policy);
  const next = compiled ? candidates(compiled, connection) : everyRule;
  const choice = chooseRule(policy.rules, connection, facts, next);
  return conclude(policy, { connection, choice, systemUser: attempt.systemUser }, facts);
}

/** A connection, and the choice of the rule for it that `chooseRule` makes with the same facts. */
export interface Chosen {
  readonly connection: Connection;
  readonly choice: Choice;
  /** As in an attempt. */
  readonly systemUser: Bytes | undefined;
}

/** The decision, once the rule is chosen. */
export function conclude(policy: Policy, { connection, choice, systemUser }: Chosen, facts: Facts): Decision {
  const { rules, profile } = policy;
  const compiled = compiledOf(policy);
  const dependsOn =
    choice.perhaps.length === 0 ? [] : distinctDependencies(choice.perhaps.flatMap((one) => one.dependsOn));
  const { rule, perhaps } = choice;
  const base = {
    rule,
    perhaps,
    dependsOn,
    connection,
    map: null,
    sqlstate: null,
    message: null,
    detail: null,
    detailDependsOn: [],
  };
  if (dependsOn.length > 0) return { ...base, outcome: "unknown" };

  if (rule === null) {
    const refusal = {
      ...base,
      outcome: "no_entry",
      sqlstate: invalidAuthorization,
      message: noEntryMessage(connection, profile),
    } as const;
    const hostNamed = compiled ? rulesAt(rules, compiled.hostNamed) : rules;
    const detail = noEntryDetail(hostNamed, connection, facts, profile);
    if (detail !== null && typeof detail !== "string") return { ...refusal, detailDependsOn: detail };
    return { ...refusal, detail };
  }
  if (rule.method === "reject") {
    return {
      ...base,
      outcome: "reject",
      sqlstate: invalidAuthorization,
      message: rejectMessage(connection, profile),
    };
  }
  if (!usesMap(rule)) return { ...base, outcome: "authenticate" };
  if (systemUser === undefined) {
    return { ...base, outcome: "unknown", dependsOn: [{ fact: "system_user" }] };
  }
  const map = checkMap(policy, rule, connection.user, systemUser, facts);
  if (map.matched === null) return { ...base, outcome: "unknown", map, dependsOn: map.dependsOn };
  if (map.matched) return { ...base, outcome: "authenticate", map };
  return {
    ...base,
    outcome: "refused",
    map,
    // Nothing in the words tells the client that a map was the reason.
    ...methodFailure(rule.method, connection.user),
    detail: matchedLineDetail(rule, profile),
  };
}

/** What was compiled of other rules says nothing about these. */
function compiledOf({ rules, compiled }: Policy): CompiledRules | null {
  return compiled?.rules === rules ? compiled : null;
}

function rulesAt(rules: readonly HbaRule[], places: Uint32Array): HbaRule[] {
  const ruleAt = readerOf(rules);
  return Array.from(places, ruleAt).filter((rule) => rule !== undefined);
}
