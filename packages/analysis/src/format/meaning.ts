import {
  inPassing,
  parsePolicy,
  profileOptions,
  readLines,
  serverProfile,
  tokenize,
  versionText,
} from "@sallyport/policy";
import type {
  Bytes,
  Dialect,
  Disk,
  HbaEntry,
  HbaFile,
  IdentEntry,
  IdentFile,
  ServerProfile,
} from "@sallyport/policy";
import type { FileKind } from "./cells.ts";

/** A file and what it is read with. */
export interface Source {
  readonly kind: FileKind;
  /** Full path. */
  readonly fileName: Bytes;
  readonly profile: ServerProfile;
  /** What the file includes, as far as it is known. */
  readonly disk: Disk;
}

/** Every major release, the newest minor release of each. */
const majors: readonly string[] = Array.from({ length: 10 }, (_, at) => String(10 + at));

/** What servers of this build and these settings would be, one of each major release; first the one that was asked for. */
export function profilesOf(profile: ServerProfile): ServerProfile[] {
  const others = majors.filter((version) => version !== versionText(profile.version));
  return [profile, ...others.map((version) => ofVersion(profile, version))];
}

function ofVersion(profile: ServerProfile, version: string): ServerProfile {
  const other = serverProfile({ ...profileOptions(profile), version });
  if ("error" in other) throw new RangeError(other.error);
  return other;
}

/** Every way in which a release cuts lines into words: the first of each major release has shorter lines than its last. */
export function lexingsOf(profile: ServerProfile): ServerProfile[] {
  const different = new Map<string, ServerProfile>();
  for (const version of majors.flatMap((major) => [`${major}.0`, major])) {
    const one = ofVersion(profile, version);
    if (!different.has(lexing(one.dialect))) different.set(lexing(one.dialect), one);
  }
  return [...different.values()];
}

function lexing({ continuation, longestLine, longestToken, carriageReturnIsBlank }: Dialect): string {
  return JSON.stringify([continuation, longestLine, longestToken, carriageReturnIsBlank]);
}

/** What one line came to. */
export interface ReadLine {
  readonly lineNumber: number;
  readonly what: unknown;
}

/** The lines of a file that hold something, in words by column, or too long: what they include does not count. */
export function* wordedLines(
  bytes: Bytes,
  { dialect }: ServerProfile,
): Generator<ReadLine, undefined, undefined> {
  for (const line of readLines("", bytes, dialect)) {
    const cut = tokenize(line, dialect);
    if (cut.fields.length === 0 && !cut.tooLong && !line.tooLong) continue;
    yield { lineNumber: line.number, what: [cut, line.tooLong] };
  }
}

/** What a server reads: each rule or mapping with all its columns, or the error in its place. */
export function* readEntries(
  bytes: Bytes,
  source: Source,
  profile: ServerProfile,
): Generator<ReadLine, undefined, undefined> {
  const { entries } = readFile(bytes, { ...source, profile });
  for (const entry of inPassing<HbaEntry | IdentEntry>(entries)) {
    yield { lineNumber: entry.line.number, what: entry };
  }
}

/** Reads a file as its profile has it. What it asks for and nobody knows is empty. */
export function readFile(bytes: Bytes, { kind, fileName, profile, disk }: Source): HbaFile | IdentFile {
  const known = { ...disk, files: new Map(disk.files).set(fileName, { bytes }) };
  const other = `${fileName}/`; // no file has such a name
  const names =
    kind === "hba"
      ? { hbaFileName: fileName, identFileName: null }
      : { hbaFileName: other, identFileName: fileName };
  const { hba, ident } = parsePolicy({ ...names, profile }, known);
  return ident ?? hba;
}
