import type { Bytes } from "../bytes.ts";
import type { Asker } from "../disk.ts";
import { literal, parseUser } from "../hba/names.ts";
import type { LiteralPattern, UserPattern } from "../hba/rule.ts";
import { isMistake, mistake, problemOf } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import { regexReader } from "../regex/index.ts";
import type { ReadRegex, RegexPattern } from "../regex/index.ts";
import { wholeFile } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { ServerProfile } from "../profile.ts";
import type { Steps } from "../steps.ts";
import { wholeLine } from "../text/line.ts";
import type { Line } from "../text/line.ts";
import { TokenReader } from "../text/read.ts";
import type { Field, Token } from "../text/token.ts";
import type { Dialect } from "../versions/dialect.ts";

/** One line of `pg_ident.conf`: as whom a system user may log in (manual, 20.2). */
export interface Mapping {
  readonly mapNumber: number;
  readonly line: Line;
  readonly mapName: Bytes;
  readonly systemUser: LiteralPattern | RegexPattern;
  readonly databaseUser: UserPattern;
}

/** One row of `pg_ident_file_mappings`. */
export interface IdentEntry {
  readonly line: Line;
  readonly mapping: Mapping | null;
  readonly error: Bytes | null;
}

/** A `pg_ident.conf` with all that it includes, as far as it could be read. */
export interface IdentFile {
  /** Whose meaning it has. */
  readonly profile: ServerProfile;
  readonly fileName: Bytes;
  /** Why it could not be opened, as the log has it: then there is nothing of it. */
  readonly openError: Bytes | null;
  readonly entries: readonly IdentEntry[];
  /** Of the entries that are mappings. */
  readonly mappings: readonly Mapping[];
  readonly problems: readonly Problem[];
  readonly loads: boolean;
}

/** Reads a `pg_ident.conf`. Never fails: what is wrong with it stands in the result. An empty one is fine. */
export function* readIdentFile(fileName: Bytes, profile: ServerProfile, asker: Asker): Steps<IdentFile> {
  const { dialect } = profile;
  const reader = new TokenReader(asker, dialect);
  const readRegex = regexReader(dialect);
  const entries: IdentEntry[] = [];
  const mappings: Mapping[] = [];
  const problems: Problem[] = [];
  for (const tokenized of reader.read(fileName)) {
    yield;
    if (!tokenized) continue;
    const { line, fields, error } = tokenized;
    const columns = error === null ? parseMapping(line, fields, { dialect, readRegex }) : null;
    if (columns === null) {
      entries.push({ line, mapping: null, error });
    } else if (isMistake(columns)) {
      entries.push({ line, mapping: null, error: columns.shown });
      problems.push(problemOf(columns, line));
    } else {
      const mapping = { mapNumber: mappings.length + 1, line, ...columns };
      mappings.push(mapping);
      entries.push({ line, mapping, error: null });
    }
  }
  if (reader.openError) {
    const openError = `could not open ${dialect.mainFile.ident} "${fileName}": ${reader.openError.reason}`;
    const problems = [wholeFile(openError)];
    return { profile, fileName, openError, entries, mappings, problems, loads: false };
  }
  return {
    profile,
    fileName,
    openError: null,
    entries,
    mappings,
    problems: [...reader.problems, ...problems],
    loads: mappings.length === entries.length,
  };
}

type Columns = Pick<Mapping, "mapName" | "systemUser" | "databaseUser">;

interface MappingContext {
  readonly dialect: Dialect;
  readonly readRegex: ReadRegex;
}

/** The three columns, each one token; what follows them is ignored, as PostgreSQL does. */
function parseMapping(
  line: Line,
  fields: readonly Field[],
  { dialect, readRegex }: MappingContext,
): Columns | Mistake {
  const only = (field: Field | undefined): Token | Mistake => {
    const [token, ...more] = field ?? [];
    if (!token) return missingEntry(line, dialect);
    return more.length > 0 ? mistake(token, "multiple values in ident field") : token;
  };
  const map = only(fields[0]);
  if (isMistake(map)) return map;
  const system = only(fields[1]);
  if (isMistake(system)) return system;
  const database = only(fields[2]);
  if (isMistake(database)) return database;
  // Of a system user only a regular expression means anything but itself.
  const systemUser = readRegex(system) ?? literal(system);
  if (isMistake(systemUser))
    return dialect.everyErrorHasContext ? systemUser : { ...systemUser, unplaced: true };
  const databaseUser = dialect.mapKeywords ? parseUser(database, readRegex) : literal(database);
  if (isMistake(databaseUser)) return databaseUser;
  return { mapName: map.text, systemUser, databaseUser };
}

function missingEntry(line: Line, { missingEntryNamesFile }: Dialect): Mistake {
  const text = "missing entry at end of line";
  if (!missingEntryNamesFile) return mistake(wholeLine(line), text);
  const logged = `missing entry in file "${line.file}" at end of line ${line.number}`;
  return mistake(wholeLine(line), text, { logged, unplaced: true });
}
