import { inPassing, parsePolicy } from "@sallyport/policy";
import type {
  Bytes,
  HbaRule,
  Policy,
  Problem,
  Reading as ParsedPolicy,
  ServerProfile,
} from "@sallyport/policy";
import { mustBeAnalysable } from "../errors.ts";
import { profilesOf } from "../format/meaning.ts";
import type { Source } from "../format/meaning.ts";
import { matchText } from "../diff/meaning.ts";
import { outcomes } from "../outcome/outcome.ts";
import type { RuleOutcome } from "../outcome/outcome.ts";
import { differentMaps } from "./different-maps.ts";

/** A file as some versions have it. */
export interface Reading {
  /** Of the newest of them, to which the most connections come. Its maps are made up: see `differentMaps`. */
  readonly policy: Policy;
  /** Equal answers are one object; those that refuse in other words are not equal. */
  readonly outcomeOf: (rule: HbaRule) => RuleOutcome;
  /** Equal for files that mean the same to the versions that read them so. */
  readonly meaning: string;
}

/** A file, and for which versions it has to stay right. */
export interface VersionedSource extends Source {
  /** The oldest major version of them: older ones need not load what comes out, or may read it otherwise. */
  readonly oldest: number;
}

/** What a server makes of a file. Null: it would not load it. */
export interface VersionReading {
  readonly profile: ServerProfile;
  readonly reading: Reading | null;
}

/**
 * As every version reads it, the newest first. Those to which it means the same have one reading.
 *
 * Throws `AnalysisError` for a server with `db_user_namespace`.
 */
export function readWithAll(bytes: Bytes, source: VersionedSource): readonly VersionReading[] {
  const profiles = profilesOf(source.profile)
    .filter(({ version }) => version.major >= source.oldest)
    .toSorted((a, b) => b.version.major - a.version.major);
  const readings = new Map<string, Reading>();
  return profiles.map((profile) => {
    const { policy } = parse(bytes, source, profile);
    if (policy) mustBeAnalysable(policy);
    const made = policy && readingOf(policy);
    const reading = made && (readings.get(made.meaning) ?? made);
    if (reading) readings.set(reading.meaning, reading);
    return { profile, reading };
  });
}

/** Each of them once. */
export function distinctReadings(readings: readonly VersionReading[]): readonly Reading[] {
  return [...new Set(readings.flatMap(({ reading }) => reading ?? []))];
}

/** What keeps the server that is asked for from loading the file. */
export function mistakesIn(bytes: Bytes, source: Source): readonly Problem[] {
  return parse(bytes, source, source.profile).problems.filter(({ severity }) => severity === "error");
}

function parse(bytes: Bytes, { fileName, disk }: Source, profile: ServerProfile): ParsedPolicy {
  const files = new Map(disk.files).set(fileName, { bytes });
  return parsePolicy({ hbaFileName: fileName, identFileName: null, profile }, { ...disk, files });
}

function readingOf(one: Policy): Reading {
  const { profile } = one;
  const rules = [...inPassing(one.rules)];
  const outcomeOf = outcomes(profile);
  const policy = { ...one, rules, mappings: differentMaps(rules, profile) };
  return { policy, outcomeOf, meaning: meaningOf(rules, outcomeOf, profile) };
}

function meaningOf(
  rules: readonly HbaRule[],
  outcomeOf: (rule: HbaRule) => RuleOutcome,
  { dialect }: ServerProfile,
): string {
  const texts = new Map<RuleOutcome, string>();
  const lines = rules.map((rule) => {
    const outcome = outcomeOf(rule);
    const text = texts.get(outcome) ?? JSON.stringify(outcome);
    texts.set(outcome, text);
    return `${rule.fileName}:${rule.lineNumber}\n${matchText(rule)}\n${text}`;
  });
  const {
    wordClass,
    complementsInBrackets,
    complementsMatchNewline,
    wordEscapeIsText,
    referencesKeepConstraints,
  } = dialect;
  // What an expression means depends on these, and nothing else does.
  const regexes = rules.some(({ databases, users }) => databases.some(isRegex) || users.some(isRegex))
    ? [wordClass, complementsInBrackets, complementsMatchNewline, wordEscapeIsText, referencesKeepConstraints]
    : [];
  return [...lines, JSON.stringify(regexes)].join("\n\n");
}

function isRegex({ kind }: { readonly kind: string }): boolean {
  return kind === "regex";
}
