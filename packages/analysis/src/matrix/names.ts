import { checkMap, inPassing, oneOfEach, usesMap } from "@sallyport/policy";
import type { Bytes, DatabasePattern, HbaRule, Policy, RegexPattern, UserPattern } from "@sallyport/policy";
import type { MatrixContext, MatrixQuestion, Name, TellingRegex } from "./question.ts";

/** The longest name that a connection has, in bytes. */
const longestName = 63;

/** The names that tell rules apart, in the order of the file. */
export interface Names {
  readonly names: readonly Name[];
  /** Of names that stand for others: what may tell those apart. */
  readonly regexes: readonly TellingRegex[];
}

/** The roles of a matrix: the one that is asked for, those of the catalogue, or those that the files name and any other one. */
export function rolesOf(
  policy: Policy,
  question: MatrixQuestion,
  { catalogue, facts }: MatrixContext,
): Names {
  if (question.user !== null) return only(question.user);
  if (catalogue) return { names: [...catalogue.roles.keys()].map(named), regexes: [] };
  const found = nothingFound();
  const databases = nothingFound();
  let hasSameuser = false;
  for (const rule of inPassing(policy.rules)) {
    collect(found, rule, rule.users);
    collect(databases, rule, rule.databases);
    hasSameuser ||= rule.databases.some(({ kind }) => kind === "sameuser");
  }
  // Then a role is not as any other one if a database of its name is not.
  if (hasSameuser) collectNames(found, databases.names);
  const { systemUser } = question;
  if (systemUser !== null) {
    // Whom a map lets in matters where rules do not tell the roles apart.
    collectNames(found, [systemUser, systemUser.replace(/@.*$/s, "")]);
    for (const rule of oneOfEach(policy.rules)) {
      if (!usesMap(rule)) continue;
      const { allowed } = checkMap(policy, rule, "", systemUser, facts);
      collectNames(
        found,
        allowed.filter((name) => !/^(?:all$|[+/])/.test(name)),
      );
    }
  }
  return withOther(found, "other_role");
}

/** The databases of the row of one role, by the rules that are about it. */
export function databasesOf(
  rules: readonly HbaRule[],
  role: Bytes,
  question: MatrixQuestion,
  { catalogue, facts }: MatrixContext,
): Names {
  const physical: Name = { is: "replication", name: "" };
  if (question.replication === true) return { names: [physical], regexes: [] };
  if (question.database !== null) return only(question.database);
  const beside = question.replication === null ? [physical] : [];
  if (catalogue?.databases) {
    return { names: [...[...catalogue.databases.keys()].map(named), ...beside], regexes: [] };
  }
  const found = nothingFound();
  for (const rule of rules) collect(found, rule, rule.databases);
  if (rules.some(({ databases }) => databases.some(({ kind }) => kind === "samerole"))) {
    const groups = [...(catalogue?.roles.keys() ?? [])];
    collectNames(
      found,
      groups.filter((group) => facts.membership?.(role, group) === true),
    );
  }
  const { names, regexes } = withOther(found, "other_database");
  const isNamed = names.some(({ is, name }) => is === "named" && name === role);
  const own: Name[] = isNamed || !rules.some(asksForOwn) ? [] : [{ is: "own", name: role }];
  return { names: [...names.slice(0, -1), ...own, ...names.slice(-1), ...beside], regexes };
}

function asksForOwn({ databases }: HbaRule): boolean {
  return databases.some(({ kind }) => kind === "sameuser" || kind === "samerole");
}

function only(name: Bytes): Names {
  return { names: [named(name)], regexes: [] };
}

function named(name: Bytes): Name {
  return { is: "named", name };
}

/** What stands in a column: the names, and the first rule of each regular expression. */
interface Found {
  readonly names: Set<Bytes>;
  readonly regexes: Map<Bytes, { readonly pattern: RegexPattern; readonly rule: HbaRule }>;
}

function nothingFound(): Found {
  return { names: new Set(), regexes: new Map() };
}

function collect(found: Found, rule: HbaRule, patterns: readonly (UserPattern | DatabasePattern)[]): void {
  for (const pattern of patterns) {
    if (pattern.kind === "literal") collectNames(found, [pattern.name]);
    if (pattern.kind !== "regex" || found.regexes.has(pattern.regex.pattern)) continue;
    found.regexes.set(pattern.regex.pattern, { pattern, rule });
  }
}

/** Longer ones are nobody's. */
function collectNames({ names }: Found, more: Iterable<Bytes>): void {
  for (const name of more) if (name !== "" && name.length <= longestName) names.add(name);
}

/** Those that were found, and last one that stands for all others: as few regular expressions match it as can be. */
function withOther({ names, regexes }: Found, other: Bytes): Names {
  const all = [...regexes.values()];
  const candidates = [other, "zz", "0", "Other Name", "-", "\u00c3\u00a9"].map((name) => {
    const free = freeName(name, names);
    return { name: free, matching: all.filter(({ pattern }) => pattern.regex.test(free) !== false).length };
  });
  const best = candidates.reduce((a, b) => (b.matching < a.matching ? b : a));
  const telling = all.filter(({ pattern }) => !matchesAll.has(pattern.regex.pattern));
  return {
    names: [...[...names].map(named), { is: "other", name: best.name }],
    regexes: telling.map(({ pattern, rule }) => ({ pattern: pattern.regex.pattern, rule })),
  };
}

/** Regular expressions that match every name there is. */
const matchesAll: ReadonlySet<Bytes> = new Set(
  ["", ".", ".*", ".+"].flatMap((any) => [any, `^${any}`, `${any}$`]).concat("^.*$", "^.+$"),
);

function freeName(name: Bytes, taken: ReadonlySet<Bytes>): Bytes {
  let free = name;
  for (let number = 1; taken.has(free); number += 1) free = `${name}${number}`;
  return free;
}
