import { checkMap, compileRegex } from "@sallyport/policy";
import type { Bytes, HbaRule, Mapping, Policy, Regex } from "@sallyport/policy";
import { everything } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import type { Effort } from "../space/effort.ts";
import { findName } from "../space/name-search.ts";
import type { NameQuestion } from "../space/name-search.ts";
import { everyName, hasName, longestName, longestSystemUser, onlyName } from "../space/name-set.ts";
import type { NameSet } from "../space/name-set.ts";
import { notDecided } from "../space/not-decided.ts";
import { distinctBytes, words } from "../space/words-of.ts";
import { escaped } from "./map-lines.ts";
import type { MapLine } from "./map-lines.ts";
import { rawSystemUser } from "./system-user.ts";

/** So many roles are tried. */
const mostRoles = 50;
/** So many short names are. */
const mostShort = 50;
/** So many other lines are looked at, and of each so many names. */
const mostLines = 20;
const mostNames = 4;

const anySystemUser = { wished: [], longest: longestSystemUser } as const;

/**
 * System users with the roles that a line makes of their names (`\1`), each a box of its own: for some of the roles that are
 * wanted; some whom none of the other lines matches; some whom each of them matches, too; and some more.
 *
 * @param others of the side that may not grant what this line does
 */
export function pairsMade(
  policy: Policy,
  mapping: Mapping,
  wanted: NameSet,
  rule: HbaRule,
  others: readonly MapLine[],
  effort: Effort,
): readonly Box[] {
  const { systemUser } = mapping;
  effort.spend(others.length);
  if (systemUser.kind === "literal") return [];
  const own = { regex: systemUser.regex, holds: true };
  const theirs = others.flatMap(({ matching }) => matching ?? []).slice(0, mostLines);
  const roles = wanted.except ? ["somebody"] : [...wanted.names].slice(0, mostRoles);
  const systemUsers = new Set([
    ...roles.flatMap((role) => systemUserFor(mapping, role, effort) ?? []),
    ...someNames([own, ...theirs.map((regex) => ({ regex, holds: false }))], effort),
    ...theirs.flatMap((regex) => someNames([own, { regex, holds: true }], effort)),
    ...someNames([own], effort),
    ...shortNames(systemUser.regex),
  ]);
  return [...systemUsers].flatMap((name) => {
    const alone = { ...policy, mappings: [mapping] };
    const [role = ""] = checkMap(alone, rule, "", rawSystemUser(rule, name), {}).allowed;
    if (role === "" || role.length > longestName || !hasName(wanted, role)) return [];
    return [{ ...everything, roles: onlyName(role), databases: onlyName(name) }];
  });
}

/** All short names, of bytes that the expression tells apart. */
function shortNames(regex: Regex): readonly Bytes[] {
  const language = regex.language();
  if (!language) return [];
  const automata = [{ language, holds: true }];
  const names: Bytes[] = [];
  for (const name of words(automata, longestSystemUser, distinctBytes(automata))) {
    names.push(name);
    if (names.length === mostShort) break;
  }
  return names;
}

/** The shortest names that answer. */
function someNames(asks: NameQuestion["asks"], effort: Effort): readonly Bytes[] {
  const names = new Set<Bytes>();
  while (names.size < mostNames) {
    const name = findName({ within: { except: true, names }, asks, ...anySystemUser }, effort);
    if (name === null || name === notDecided) break;
    names.add(name);
  }
  return [...names];
}

/** A system user whom the line lets be this role, if that can be told from how the line is written. */
function systemUserFor({ systemUser, databaseUser }: Mapping, role: Bytes, effort: Effort): Bytes | null {
  if (systemUser.kind === "literal" || databaseUser.kind !== "literal") return null;
  const [before = "", behind = ""] = databaseUser.name.split(String.raw`\1`);
  if (!role.startsWith(before) || !role.endsWith(behind) || role.length < before.length + behind.length)
    return null;
  const part = role.slice(before.length, role.length - behind.length);
  const { pattern } = systemUser.regex;
  const group = firstGroup(pattern);
  if (!group) return null;
  const regex = compileRegex(pattern.slice(0, group.start) + escaped(part) + pattern.slice(group.end));
  if ("error" in regex) return null;
  effort.spend(regex.built());
  const name = findName({ within: everyName, asks: [{ regex, holds: true }], ...anySystemUser }, effort);
  return name === notDecided ? null : name;
}

/** The first group of an expression, by its parentheses; whether it was the right one, the caller sees. */
function firstGroup(pattern: Bytes): { readonly start: number; readonly end: number } | null {
  let start = -1;
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (character === "(") {
      if (start < 0) start = at;
      depth += 1;
    } else if (character === ")") {
      depth -= 1;
      if (depth === 0) return { start, end: at + 1 };
    }
  }
  return null;
}
