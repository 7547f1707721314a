import { versionText } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { RulesOfChange } from "../diff/rules-of-change.ts";
import { diff } from "../diff/diff.ts";
import { AnalysisError } from "../errors.ts";
import type { Effort } from "../space/effort.ts";
import type { KnownWorld } from "../space/space.ts";
import { lookupsOf, sameLookups } from "./lookups.ts";
import { readWithAll } from "./readings.ts";
import type { Reading, VersionReading, VersionedSource } from "./readings.ts";

/** Why it is not certain that nobody is decided about otherwise. */
export interface Unproven {
  readonly why: Bytes;
  /** Rules of which it is not, on both sides. */
  readonly rules: readonly RulesOfChange[];
}

/**
 * Reads the new file as every server does that loads the old one, and compares both. It trusts no step. Null: nobody is decided about
 * otherwise by any of them, whoever is a member of what.
 *
 * @param effort what may be done
 */
export function whyUnproven(
  before: readonly VersionReading[],
  after: Bytes,
  source: VersionedSource,
  known: KnownWorld,
  effort: Effort,
): Unproven | null {
  const proven = new Map<Reading, Set<Reading>>();
  for (const [at, { profile, reading: now }] of readWithAll(after, source).entries()) {
    const old = before[at]?.reading;
    // What did not load before need not load now.
    if (!old || (now && proven.get(old)?.has(now))) continue;
    const what = now ? difference(old, now, known, effort) : unproven("the server would not load it");
    if (what) return { ...what, why: `for PostgreSQL ${versionText(profile.version)} ${what.why}` };
    if (!now) continue;
    proven.set(old, (proven.get(old) ?? new Set()).add(now));
  }
  return null;
}

function unproven(why: Bytes): Unproven {
  return { why, rules: [] };
}

function difference(old: Reading, now: Reading, known: KnownWorld, effort: Effort): Unproven | null {
  if (!sameLookups(lookupsOf(old.policy.rules), lookupsOf(now.policy.rules))) {
    return unproven("other host names would be looked up");
  }
  try {
    const { changes, undecided } = diff(old.policy, now.policy, known, effort);
    const [change] = changes;
    const rules = [...changes.map(({ rules }) => rules), ...undecided];
    if (change) return { why: `there would be a change: ${change.words}`, rules };
    if (undecided.length === 0) return null;
    if (effort.isSpent) return unproven("it would take too long to compare both files");
    const rule = undecided.find(({ old }) => old !== null)?.old;
    const otherwise = rule ? `by ${rule.fileName}:${rule.lineNumber}` : "now";
    return { why: `it is not certain that nobody would be decided about otherwise than ${otherwise}`, rules };
  } catch (error) {
    if (error instanceof AnalysisError) return unproven(error.message);
    throw error;
  }
}
