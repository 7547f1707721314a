import { versionText } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { diff } from "../diff/diff.ts";
import { AnalysisError } from "../errors.ts";
import type { KnownWorld } from "../space/space.ts";
import { lookupsOf, sameLookups } from "./lookups.ts";
import { readWithAll } from "./readings.ts";
import type { Reading, VersionReading, VersionedSource } from "./readings.ts";

/**
 * Reads the new file as every server does that loads the old one, and compares both. It trusts no step. Null: nobody is decided about
 * otherwise by any of them, whoever is a member of what; else why that is not certain.
 */
export function whyUnproven(
  before: readonly VersionReading[],
  after: Bytes,
  source: VersionedSource,
  known: KnownWorld,
): string | null {
  const proven = new Map<Reading, Set<Reading>>();
  for (const [at, { profile, reading: now }] of readWithAll(after, source).entries()) {
    const old = before[at]?.reading;
    // What did not load before need not load now.
    if (!old || (now && proven.get(old)?.has(now))) continue;
    const what = now ? difference(old, now, known) : "the server would not load it";
    if (what !== null || !now) return `for PostgreSQL ${versionText(profile.version)} ${what}`;
    proven.set(old, (proven.get(old) ?? new Set()).add(now));
  }
  return null;
}

function difference(old: Reading, now: Reading, known: KnownWorld): string | null {
  if (!sameLookups(lookupsOf(old.policy.rules), lookupsOf(now.policy.rules))) {
    return "other host names would be looked up";
  }
  try {
    const { changes, undecided } = diff(old.policy, now.policy, known);
    const [change] = changes;
    if (change) return `there would be a change: ${change.words}`;
    if (undecided.length === 0) return null;
    const rule = undecided.find(({ old }) => old !== null)?.old;
    const otherwise = rule ? `by ${rule.fileName}:${rule.lineNumber}` : "now";
    return `it is not certain that nobody would be decided about otherwise than ${otherwise}`;
  } catch (error) {
    if (error instanceof AnalysisError) return error.message;
    throw error;
  }
}
