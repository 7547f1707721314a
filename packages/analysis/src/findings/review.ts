import type { Bytes, Reading } from "@sallyport/policy";
import { findAddresses } from "./forms/addresses.ts";
import { findOddCharacters, findOddMappingCharacters } from "./forms/characters.ts";
import { findMappingNames, findNames } from "./forms/names.ts";
import { findOptions } from "./forms/options.ts";
import { findBrokenPunctuation, findMappingPunctuation, findPunctuation } from "./forms/punctuation.ts";
import { findLooseMappings, findLooseRegexes } from "./forms/regexes.ts";
import { findingOf } from "./finding.ts";
import type { FileFinding } from "./finding.ts";
import type { FileFindingId } from "./kinds/index.ts";
import { findOpenMappings, findReferences } from "./maps/references.ts";
import { findRepeatedMappings } from "./maps/repeated.ts";
import { findMissingMaps, findUnusedMaps } from "./maps/used.ts";
import { findCleartext, findMd5 } from "./methods/passwords.ts";
import { findLdap, findRealms, findSuperusers } from "./methods/services.ts";
import { findTrust } from "./methods/trust.ts";
import { findPgbouncer } from "./poolers/pgbouncer.ts";
import { findPgpool } from "./poolers/pgpool.ts";
import { eachMapping, eachRule } from "./source.ts";
import type { FindingSource, ReviewContext, Say } from "./source.ts";
import { findOneFamily } from "./whole/families.ts";
import { findSkippedFiles } from "./whole/includes.ts";
import { findMissedReplication } from "./whole/replication.ts";
import { findUnreachable } from "./whole/unreachable.ts";

/** All who look for something, each by itself: what another one finds has one more line here. */
const sources: readonly FindingSource[] = [
  // It keeps the rules that it reads, so that the others need not read them again.
  findUnreachable,
  eachRule([
    findNames,
    findOddCharacters,
    findLooseRegexes,
    findAddresses,
    findTrust,
    findMd5,
    findLdap,
    findRealms,
    findSuperusers,
    findOptions,
    findPunctuation,
    findPgbouncer,
    findPgpool,
  ]),
  eachMapping([
    findMappingNames,
    findOddMappingCharacters,
    findLooseMappings,
    findReferences,
    findOpenMappings,
    findMappingPunctuation,
  ]),
  findBrokenPunctuation,
  findCleartext,
  findOneFamily,
  findMissedReplication,
  findMissingMaps,
  findUnusedMaps,
  findRepeatedMappings,
  findSkippedFiles,
];

/** So many findings of an id are told: a file of a million lines may have the same one on each of them. */
const mostOfEach = 1000;

export interface Review {
  readonly findings: readonly FileFinding[];
  /** How many more there are of an id. */
  readonly untold: ReadonlyMap<FileFindingId, number>;
}

/** What can be said of the two files by themselves, in no particular order. Nothing is asked of anybody. */
export function reviewFiles(reading: Reading, context: ReviewContext): Review {
  const findings: FileFinding[] = [];
  const counts = new Map<FileFindingId, number>();
  const say: Say = (id, span, message, more) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count <= mostOfEach) findings.push(findingOf(id, span, message, more));
  };
  for (const source of sources) source(reading, say, context);
  const untold = [...counts].filter(([, count]) => count > mostOfEach);
  return { findings, untold: new Map(untold.map(([id, count]) => [id, count - mostOfEach])) };
}

/** Is it looked for, with what is known? */
export function isReviewedFor(id: FileFindingId, { catalogue, disk, poolers }: ReviewContext): boolean {
  if (id.startsWith("pgbouncer-")) return poolers.has("pgbouncer");
  if (id.startsWith("pgpool-")) return poolers.has("pgpool");
  if (id === "superuser-group") return catalogue !== null;
  return id !== "include-dir-skips" || disk !== null;
}

/**
 * In the order of their lines, file by file, the main files first; on a line in the order of its columns. What stands on no line is
 * left where it is, at the end.
 */
export function inLineOrder<T extends { readonly place: FileFinding["place"] | null }>(
  findings: readonly T[],
  { hba, ident }: Reading,
): readonly T[] {
  const files = new Map<Bytes, number>();
  for (const file of [hba.fileName, ...(ident ? [ident.fileName] : [])]) files.set(file, files.size);
  for (const { place } of findings)
    if (place && !files.has(place.fileName)) files.set(place.fileName, files.size);
  const fileOf = (place: T["place"]): number => (place ? (files.get(place.fileName) ?? 0) : files.size);
  return findings.toSorted(
    ({ place: a }, { place: b }) =>
      fileOf(a) - fileOf(b) ||
      (a?.lineNumber ?? 0) - (b?.lineNumber ?? 0) ||
      (a?.column ?? 0) - (b?.column ?? 0),
  );
}
