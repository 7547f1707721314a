import type { Bytes } from "../bytes.ts";
import type { HbaRule } from "../hba/rule.ts";
import { readerOf } from "../lazy-list.ts";
import type { Connection } from "./attempt.ts";
import { columnNames, matchColumn } from "./columns.ts";
import type { Dependency, Facts, Match } from "./facts.ts";

/** Which rule decides, as far as it can be said. */
export interface Choice {
  /** The first rule that matches for certain; null: none, which PostgreSQL takes for a rejection. */
  readonly rule: HbaRule | null;
  /** Where it stands in the list; null: there is none. */
  readonly place: number | null;
  /** Rules before it that would decide instead if what they depend on turned out so. */
  readonly perhaps: readonly Possibility[];
}

/** A rule that decides if what it depends on is so. */
export interface Possibility {
  readonly rule: HbaRule;
  readonly place: number;
  readonly dependsOn: readonly Dependency[];
}

/**
 * The place of the next rule to compare, at or behind `from`; beyond the last: there is none. It may pass over rules that do
 * not match, and nothing else.
 */
export type NextRule = (from: number) => number;

export function everyRule(from: number): number {
  return from;
}

/**
 * The specification of the choice: rules in the order of the file, the first full match wins, and nothing that
 * happens later leads back to this list (manual, 20.1). With another `next` it must come to the same.
 */
export function chooseRule(
  rules: readonly HbaRule[],
  connection: Connection,
  facts: Facts,
  next: NextRule = everyRule,
): Choice {
  const perhaps: Possibility[] = [];
  const ruleAt = readerOf(rules);
  let known = facts;
  /** Groups that whoever comes to the next rule is not in, and the role that it is about. */
  let outside: Map<Bytes, Bytes> | null = null;
  for (let place = next(0); ; place = next(place + 1)) {
    const rule = ruleAt(place);
    if (!rule) return { rule: null, place: null, perhaps };
    const match = matchRule(rule, connection, known);
    if (match === true) return { rule, place, perhaps };
    if (match === false) continue;
    perhaps.push({ rule, place, dependsOn: match });
    const only = onlyMembership(match);
    if (!only) continue;
    if (!outside) known = assumingOutside((outside = new Map()), facts);
    outside.set(only.group, only.role);
  }
}

/** The choice of the same connection when more is known: what was certain is so still, and is not compared again. */
export function settleChoice(choice: Choice, connection: Connection, facts: Facts): Choice {
  if (choice.perhaps.length === 0) return choice;
  const perhaps: Possibility[] = [];
  for (const { rule, place } of choice.perhaps) {
    const match = matchRule(rule, connection, facts);
    if (match === true) return { rule, place, perhaps };
    if (match !== false) perhaps.push({ rule, place, dependsOn: match });
  }
  return { ...choice, perhaps };
}

/** Do all columns match? The first that does not ends the comparison, so that nothing is asked before its turn. */
function matchRule(rule: HbaRule, connection: Connection, facts: Facts): Match {
  let unknown: readonly Dependency[] | null = null;
  for (const column of columnNames) {
    const match = matchColumn(column, rule, connection, facts);
    if (match === false) return false;
    if (match !== true) unknown = unknown === null ? match : [...unknown, ...match];
  }
  return unknown ?? true;
}

/** A rule that hangs on one membership alone is passed only by who is no member: later rules may count on that. */
function onlyMembership([only, ...more]: readonly Dependency[]): MembershipDependency | null {
  return only?.fact === "membership" && more.length === 0 ? only : null;
}

type MembershipDependency = Extract<Dependency, { readonly fact: "membership" }>;

/** One map, to which more is added: a file may have many thousand such rules. */
function assumingOutside(outside: ReadonlyMap<Bytes, Bytes>, facts: Facts): Facts {
  const { membership } = facts;
  return {
    ...facts,
    membership: (role, group) => (outside.get(group) === role ? false : membership?.(role, group)),
  };
}
