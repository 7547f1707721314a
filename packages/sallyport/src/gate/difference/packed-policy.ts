import { compileRegex, inPassing, profileOptions, serverProfile } from "@sallyport/policy";
import type {
  Bytes,
  DatabasePattern,
  HbaRule,
  Mapping,
  Policy,
  ProfileOptions,
  RegexPattern,
  ServerProfile,
  UserPattern,
} from "@sallyport/policy";

/** A pattern that can be sent to another thread: an expression is compiled there again. */
type Packed<Pattern> = Exclude<Pattern, RegexPattern> | PackedRegex;

interface PackedRegex {
  readonly kind: "packed";
  readonly pattern: Bytes;
  readonly token: RegexPattern["token"];
}

export interface PackedRule extends Omit<HbaRule, "databases" | "users"> {
  readonly databases: readonly Packed<DatabasePattern>[];
  readonly users: readonly Packed<UserPattern>[];
}

export interface PackedMapping extends Omit<Mapping, "systemUser" | "databaseUser"> {
  readonly systemUser: Packed<Mapping["systemUser"]>;
  readonly databaseUser: Packed<UserPattern>;
}

/** Rules or mappings that follow each other. */
export interface PackedLines {
  readonly rules: readonly PackedRule[];
  readonly mappings: readonly PackedMapping[];
}

/** All else of a policy. */
export interface PackedFrame {
  readonly profile: ProfileOptions;
  readonly hbaFileName: Bytes;
}

/** Of a policy so many lines are packed at a time: some tenths of a millisecond. */
const linesAtATime = 16;

/** A policy in pieces. */
export function* packLines({ rules, mappings }: Policy): Generator<PackedLines, void, undefined> {
  for (const some of pieces(rules)) yield { rules: some.map(packRule), mappings: [] };
  for (const some of pieces(mappings)) yield { rules: [], mappings: some.map(packMapping) };
}

export function packFrame({ profile, hbaFileName }: Policy): PackedFrame {
  return { profile: profileOptions(profile), hbaFileName };
}

/** The policy that was packed, but for its index. */
export function unpack({ profile: options, hbaFileName }: PackedFrame, lines: PackedLines): Policy {
  const profile = serverProfile(options);
  if ("error" in profile) throw new Error(profile.error);
  const regexOf = unpackRegex(profile);
  return {
    profile,
    hbaFileName,
    rules: lines.rules.map((rule) => ({
      ...rule,
      databases: rule.databases.map((one) => (one.kind === "packed" ? regexOf(one) : one)),
      users: rule.users.map((one) => (one.kind === "packed" ? regexOf(one) : one)),
    })),
    mappings: lines.mappings.map((mapping) => {
      const { systemUser, databaseUser } = mapping;
      return {
        ...mapping,
        systemUser: systemUser.kind === "packed" ? regexOf(systemUser) : systemUser,
        databaseUser: databaseUser.kind === "packed" ? regexOf(databaseUser) : databaseUser,
      };
    }),
  };
}

function* pieces<T>(list: readonly T[]): Generator<readonly T[], void, undefined> {
  let some: T[] = [];
  for (const one of inPassing(list)) {
    some.push(one);
    if (some.length < linesAtATime) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

function packRule(rule: HbaRule): PackedRule {
  return {
    ...rule,
    databases: rule.databases.map((one) => (one.kind === "regex" ? packRegex(one) : one)),
    users: rule.users.map((one) => (one.kind === "regex" ? packRegex(one) : one)),
  };
}

function packMapping(mapping: Mapping): PackedMapping {
  const { systemUser, databaseUser } = mapping;
  return {
    ...mapping,
    systemUser: systemUser.kind === "regex" ? packRegex(systemUser) : systemUser,
    databaseUser: databaseUser.kind === "regex" ? packRegex(databaseUser) : databaseUser,
  };
}

function packRegex({ regex, token }: RegexPattern): PackedRegex {
  return { kind: "packed", pattern: regex.pattern, token };
}

function unpackRegex({ dialect }: ServerProfile): (packed: PackedRegex) => RegexPattern {
  const known = new Map<Bytes, RegexPattern["regex"]>();
  return ({ pattern, token }) => {
    const regex = known.get(pattern) ?? compileRegex(pattern, dialect);
    if ("error" in regex) throw new Error(regex.error);
    known.set(pattern, regex);
    return { kind: "regex", regex, token };
  };
}
