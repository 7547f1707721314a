import { versionText } from "@sallyport/policy";
import type { Bytes, Problem } from "@sallyport/policy";
import { formatFile } from "../format/format.ts";
import type { FormatSource, Formatting } from "../format/format.ts";
import type { LeftAlone } from "../format/items.ts";
import { physicalLines } from "../format/physical-lines.ts";
import { createSpace } from "../space/space.ts";
import type { KnownWorld, Space } from "../space/space.ts";
import { draftOf } from "./draft.ts";
import type { DraftRule } from "./draft.ts";
import { joinedColumns } from "./join.ts";
import { mergeRules } from "./merge.ts";
import { whyUnproven } from "./prove.ts";
import { distinctReadings, mistakesIn, readWithAll } from "./readings.ts";
import type { Reading, VersionedSource } from "./readings.ts";
import { redundantRules } from "./redundant.ts";
import { roundSide } from "./round.ts";
import type { Step } from "./step.ts";
import { rewrittenText } from "./text.ts";
import { unreachableRules } from "./unreachable.ts";

/** A file with fewer rules that lets in the same people in the same way. */
export interface Minimized {
  /** Laid out as `formatFile` does it. */
  readonly bytes: Bytes;
  /** In the order in which they were done. */
  readonly steps: readonly Step[];
  /** Lines of the file as it was that keep their words because of what they are. */
  readonly leftAlone: readonly LeftAlone[];
  /** Why nothing but blanks was changed, though there were rules to spare; null: there is no such reason. */
  readonly unproven: string | null;
  /** Rules of the file itself, as it was. */
  readonly ruleCount: number;
  /** The versions that load it, the oldest first. */
  readonly versions: readonly string[];
}

/** Nobody is known: what comes out is right whoever is a member of what, and wherever the server is. */
const known: KnownWorld = { catalogue: null, interfaces: null };

/** A file to make smaller. */
export interface MinimizeSource extends FormatSource, VersionedSource {
  readonly kind: "hba";
}

/** Laying it out would make another file of it, which is a mistake of this package. */
type Mislaid = Extract<Formatting, { readonly bytes: null }>;

/**
 * Drops rules of a `pg_hba.conf` that never decide or that change nothing, and merges those that differ by one column. What comes out is
 * compared with what went in, for every version that loads it; if that is no proof, the file is only laid out. A second time
 * nothing changes.
 *
 * Throws `AnalysisError` for a server with `db_user_namespace`.
 *
 * @returns problems, if the server that is asked for would not load the file
 */
export function minimizeFile(
  source: MinimizeSource,
): Minimized | Mislaid | { readonly problems: readonly Problem[] } {
  const { bytes, fileName, profile } = source;
  const before = readWithAll(bytes, source);
  if (!before.find((one) => one.profile === profile)?.reading) return { problems: mistakesIn(bytes, source) };
  const readings = distinctReadings(before);
  const versions = before.flatMap(({ profile, reading }) => (reading ? versionText(profile.version) : []));
  const about = { ruleCount: rulesIn(fileName, readings), versions: versions.toReversed() };
  const stays = (unproven: string | null, leftAlone?: readonly LeftAlone[]): Minimized | Mislaid => {
    const plain = formatFile(source);
    if (plain.bytes === null) return plain;
    return { ...about, bytes: plain.bytes, steps: [], leftAlone: leftAlone ?? plain.leftAlone, unproven };
  };
  if (bytes.includes("\0")) return stays(null);

  const lines = physicalLines(bytes);
  const first = draftOf(lines, fileName, readings);
  if (!first) return stays("versions of PostgreSQL find rules in different lines of it");
  const { leftAlone } = first;
  const { rules, steps } = fewestRules(first.rules, readings, createSpace(known));
  if (steps.length === 0) return stays(null, leftAlone);
  const rewritten = formatFile({ ...source, bytes: rewrittenText(lines, fileName, rules, steps) });
  if (rewritten.bytes === null) return rewritten;
  const unproven = whyUnproven(before, rewritten.bytes, source, known);
  return unproven === null
    ? { ...about, bytes: rewritten.bytes, steps, leftAlone, unproven }
    : stays(unproven, leftAlone);
}

function rulesIn(fileName: Bytes, [first]: readonly Reading[]): number {
  return first?.policy.rules.filter((rule) => rule.fileName === fileName).length ?? 0;
}

/** Every step makes the rules fewer, and the steps are gone through until none of them does. */
function fewestRules(
  first: readonly DraftRule[],
  readings: readonly Reading[],
  space: Space,
): { readonly rules: readonly DraftRule[]; readonly steps: readonly Step[] } {
  let rules = first;
  const steps: Step[] = [];
  const drop = (find: typeof unreachableRules): void => {
    const sides = readings.map((reading, index) => roundSide(rules, index, reading, space));
    const gone = find(rules, sides, space);
    steps.push(...gone.values());
    rules = rules.filter((_, place) => !gone.has(place));
  };
  for (let length = -1; length !== rules.length;) {
    length = rules.length;
    drop(unreachableRules);
    drop(redundantRules);
    for (const column of joinedColumns) {
      for (let before = -1; before !== rules.length;) {
        before = rules.length;
        const merged = mergeRules(rules, column, readings, space);
        rules = merged.draft;
        steps.push(...merged.steps);
      }
    }
  }
  return { rules, steps };
}
