import { versionText } from "@sallyport/policy";
import type { Bytes, Problem } from "@sallyport/policy";
import { formatFile } from "../format/format.ts";
import type { FormatSource, Formatting } from "../format/format.ts";
import type { LeftAlone } from "../format/items.ts";
import { physicalLines } from "../format/physical-lines.ts";
import { Effort } from "../space/effort.ts";
import { createSpace } from "../space/space.ts";
import type { KnownWorld, Space } from "../space/space.ts";
import { draftOf } from "./draft.ts";
import type { DraftRule } from "./draft.ts";
import { joinedColumns } from "./join.ts";
import { linesToKeep, notCertain, stayed } from "./keep.ts";
import { mergeRules } from "./merge.ts";
import { whyUnproven } from "./prove.ts";
import { distinctReadings, mistakesIn, readWithAll } from "./readings.ts";
import type { Reading, VersionedSource } from "./readings.ts";
import { redundantRules } from "./redundant.ts";
import { roundSide } from "./round.ts";
import type { Step } from "./step.ts";
import { rewritten } from "./text.ts";
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

/** A rule counts as so many of a file that is only looked through, */
const perRule = 10;
/** up to so many. */
const mostRules = 150_000;

/** So many times it is tried again with rules that stay. */
const mostTries = 8;

/** Laying it out would make another file of it, which is a mistake of this package. */
type Mislaid = Extract<Formatting, { readonly bytes: null }>;

/**
 * Drops rules of a `pg_hba.conf` that never decide or that change nothing, and merges those that differ by one column. What comes out is
 * compared with what went in, for every version that loads it. Rules of which that is no proof stay, and it is tried again; in the end
 * the file is only laid out. A second time nothing changes.
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
  // It takes several rounds, and in the end a comparison for each reading.
  const effort = new Effort(Math.min(perRule * first.rules.length * readings.length, mostRules));
  const kept = new Set<number>();
  for (let tries = 0; ; tries += 1) {
    const leftAlone = [...first.leftAlone, ...[...kept].map(notCertain)].toSorted(byLine);
    const draft = first.rules.map((rule) =>
      rule.fileName === fileName && kept.has(rule.lineNumber) ? stayed(rule) : rule,
    );
    const { rules, steps } = fewestRules(draft, readings, createSpace(known, effort));
    if (effort.isSpent)
      return stays("it would take too long to find out which rules can be spared", leftAlone);
    if (steps.length === 0) return stays(null, leftAlone);
    const made = rewritten(lines, fileName, rules, steps);
    const laidOut = formatFile({ ...source, bytes: made.bytes });
    if (laidOut.bytes === null) return laidOut;
    const unproven = whyUnproven(before, laidOut.bytes, source, known, effort);
    if (unproven === null) return { ...about, bytes: laidOut.bytes, steps, leftAlone, unproven };
    const more = linesToKeep(unproven, made.origins, steps, fileName).filter((line) => !kept.has(line));
    if (more.length === 0 || tries === mostTries) return stays(unproven.why, first.leftAlone);
    for (const line of more) kept.add(line);
  }
}

function byLine(a: LeftAlone, b: LeftAlone): number {
  return a.lineNumber - b.lineNumber;
}

function rulesIn(fileName: Bytes, [first]: readonly Reading[]): number {
  return first?.policy.rules.filter((rule) => rule.fileName === fileName).length ?? 0;
}

/** What it takes to go through a rule, apart from what is compared. */
const roundWork = 100;

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
    for (const step of gone.values()) steps.push(step);
    rules = rules.filter((_, place) => !gone.has(place));
  };
  for (let length = -1; length !== rules.length && !space.effort.isSpent;) {
    length = rules.length;
    space.effort.spend(roundWork * rules.length * readings.length);
    drop(unreachableRules);
    drop(redundantRules);
    for (const column of joinedColumns) {
      for (let before = -1; before !== rules.length && !space.effort.isSpent;) {
        before = rules.length;
        space.effort.spend(roundWork * rules.length * readings.length);
        const merged = mergeRules(rules, column, readings, space);
        rules = merged.draft;
        for (const step of merged.steps) steps.push(step);
      }
    }
  }
  return { rules, steps };
}
