import { compileRegex } from "@sallyport/policy";
import type { Bytes, Mapping, Policy, Regex, UserPattern } from "@sallyport/policy";
import type { Identity } from "../outcome/outcome.ts";
import { literals } from "../space/atom.ts";
import type { Literal } from "../space/atom.ts";
import { everything } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { laneOf } from "../space/lanes.ts";
import { everyName } from "../space/name-set.ts";
import type { NameSet } from "../space/name-set.ts";
import type { Space } from "../space/space.ts";

/** A line of a map; or that both names must be equal. */
export interface MapLine {
  /** Null: there is no map, and the names must be equal. */
  readonly mapping: Mapping | null;
  /** What the system user has to match; null: it is a name. */
  readonly matching: Regex | null;
  /** Equal for lines that mean the same. */
  readonly meaning: string;
  /**
   * Which system users may be which roles, as a box whose databases are system users. Null: the role is made of the name of the
   * system user (`\1`), which no box says.
   */
  readonly box: Box | null;
}

/** What an identity is held against, line by line. */
export function mapLines(
  { mappings, profile }: Policy,
  identity: Identity,
  space: Space,
): readonly MapLine[] {
  const { map, ignoresCase, cutsRealm } = identity;
  if (map === null) return [equality(identity)];
  const { dialect } = profile;
  // PostgreSQL 14 reads a few expressions otherwise than older ones.
  const regexes = dialect.wordClass ? "" : "before 14: ";
  return mappings.flatMap((mapping): MapLine[] => {
    const { mapName, systemUser, databaseUser } = mapping;
    if (mapName !== map) return [];
    const isMade =
      systemUser.kind === "regex" &&
      databaseUser.kind === "literal" &&
      databaseUser.name.includes(String.raw`\1`);
    const meaning = JSON.stringify([
      systemUser.kind === "regex" ? [regexes + systemUser.regex.pattern] : systemUser.name,
      databaseUser.kind,
      patternText(databaseUser),
      ignoresCase,
      cutsRealm,
      isMade && dialect.everyBackReference,
    ]);
    const matching = systemUser.kind === "regex" ? keyed(systemUser.regex, regexes) : null;
    if (isMade) return [{ mapping, matching, meaning, box: null }];
    const system =
      systemUser.kind === "literal"
        ? named("database", systemUser.name, ignoresCase)
        : asked("database", keyed(systemUser.regex, regexes));
    const role = roleOf(databaseUser, ignoresCase, space);
    const asks = [...system.asks, ...role.asks];
    const box = { ...plainBox, databases: system.names, roles: role.names, literals: literals(...asks) };
    return [{ mapping, matching, meaning, box }];
  });
}

const plainBox: Box = { ...everything, lanes: laneOf("plain", false) };

/** Without case it would be more than this: what is said of it then is checked name by name. */
function equality({ ignoresCase, cutsRealm }: Identity): MapLine {
  const box = { ...plainBox, literals: literals({ atom: { kind: "sameuser" }, holds: true }) };
  return { mapping: null, matching: null, meaning: `equal ${ignoresCase} ${cutsRealm}`, box };
}

interface Names {
  readonly names: NameSet;
  readonly asks: readonly Literal[];
}

function roleOf(pattern: UserPattern, ignoresCase: boolean, { membership }: Space): Names {
  switch (pattern.kind) {
    case "all":
      return { names: everyName, asks: [] };
    case "regex":
      return asked("role", pattern.regex);
    case "literal":
      return named("role", pattern.name, ignoresCase);
    case "member":
      if (membership)
        return { names: { except: false, names: membership.membersOf(pattern.name) }, asks: [] };
      return { names: everyName, asks: [{ atom: { kind: "member", group: pattern.name }, holds: true }] };
  }
}

/** System users may have longer names than roles. */
function named(kind: "role" | "database", name: Bytes, ignoresCase: boolean): Names {
  if (!ignoresCase || !/[A-Za-z]/.test(name))
    return { names: { except: false, names: new Set([name]) }, asks: [] };
  const regex = compileRegex(`***:(?i)^${escaped(name)}$`);
  if ("error" in regex) throw new Error(`the name "${name}" makes no expression: ${regex.error}`);
  return asked(kind, regex);
}

function asked(kind: "role" | "database", regex: Regex): Names {
  return { names: everyName, asks: [{ atom: { kind, regex }, holds: true }] };
}

/** Expressions are told apart by how they are written: so by which version reads them, too. */
function keyed(regex: Regex, prefix: string): Regex {
  return prefix === "" ? regex : { ...regex, pattern: prefix + regex.pattern };
}

/** Text that a regular expression takes as it is. */
export function escaped(name: Bytes): Bytes {
  return name.replaceAll(/[^\w\x80-\xff]/g, String.raw`\$&`);
}

function patternText(pattern: UserPattern): Bytes {
  switch (pattern.kind) {
    case "all":
      return "";
    case "regex":
      return pattern.regex.pattern;
    case "literal":
    case "member":
      return pattern.name;
  }
}
