import { checkMap, compileRegex } from "@sallyport/policy";
import type { Bytes, HbaRule, Mapping, Policy } from "@sallyport/policy";
import { everything } from "../space/box.ts";
import type { Box } from "../space/box.ts";
import { findName } from "../space/name-search.ts";
import { everyName, hasName, longestName, onlyName } from "../space/name-set.ts";
import type { NameSet } from "../space/name-set.ts";
import { notDecided } from "../space/not-decided.ts";
import { words } from "../space/words-of.ts";
import { escaped } from "./map-lines.ts";
import { rawSystemUser } from "./system-user.ts";

/** So many roles, and so many short names of system users, are tried. */
const mostTried = 50;

/**
 * System users with the roles that a line makes of their names (`\1`), each a box of its own: for some of the roles that are
 * wanted, and for some of the shortest names that fit.
 */
export function pairsMade(policy: Policy, mapping: Mapping, wanted: NameSet, rule: HbaRule): readonly Box[] {
  const { systemUser } = mapping;
  if (systemUser.kind === "literal") return [];
  const systemUsers = new Set<Bytes>();
  for (const role of wanted.except ? ["somebody"] : [...wanted.names].slice(0, mostTried)) {
    const name = systemUserFor(mapping, role);
    if (name !== null) systemUsers.add(name);
  }
  const language = systemUser.regex.language();
  if (language) {
    for (const word of words([{ language, holds: true }], 1)) {
      systemUsers.add(word);
      if (systemUsers.size >= 2 * mostTried) break;
    }
  }
  return [...systemUsers].flatMap((name) => {
    const alone = { ...policy, mappings: [mapping] };
    const [role = ""] = checkMap(alone, rule, "", rawSystemUser(rule, name), {}).allowed;
    if (role === "" || role.length > longestName || !hasName(wanted, role)) return [];
    return [{ ...everything, roles: onlyName(role), databases: onlyName(name) }];
  });
}

/** A system user whom the line lets be this role, if that can be told from how the line is written. */
function systemUserFor({ systemUser, databaseUser }: Mapping, role: Bytes): Bytes | null {
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
  const name = findName({ within: everyName, asks: [{ regex, holds: true }], wished: [] });
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
