import { asciiLower, sameBytes } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import type { Method } from "../hba/method.ts";
import type { HbaRule, UserPattern } from "../hba/rule.ts";
import type { Mapping } from "../ident/file.ts";
import type { Policy } from "../policy.ts";
import { matchRole } from "./columns.ts";
import type { Dialect } from "../versions/dialect.ts";
import type { Dependency, Facts } from "./facts.ts";

/** The methods whose identity is another system's, and is held against the role by a map or by equality. */
const mappedMethods: ReadonlySet<Method> = new Set(["peer", "ident", "gss", "sspi", "cert", "oauth"]);

/** What a user name map says of one system user and one role. */
export interface MapVerdict {
  /** Null: the role must equal the name. */
  readonly mapName: Bytes | null;
  /** The name that was compared: without realm where the rule says so. */
  readonly systemUser: Bytes;
  /** Null: it depends on what is not known. */
  readonly matched: boolean | null;
  readonly dependsOn: readonly Dependency[];
  /** The line that admits, or would if what it depends on turned out so. */
  readonly mapping: Mapping | null;
  /** As whom the lines that were tried let this system user in: their last column, with what `\1` stands for. */
  readonly allowed: readonly Bytes[];
  /** The server's log message of a refusal. */
  readonly error: Bytes | null;
}

/** Is the identity of this rule's method another system's? */
export function usesMap({ method, options }: HbaRule): boolean {
  return mappedMethods.has(method) && options.oauthDelegateIdentMapping !== true;
}

/**
 * May this system user be this role (manual, 20.2)? Lines grant, in the order of the file, and never choose
 * the role: it is always the one that was asked for.
 */
export function checkMap(
  { mappings, profile }: Policy,
  rule: HbaRule,
  role: Bytes,
  systemUser: Bytes,
  facts: Facts,
): MapVerdict {
  const { method, options } = rule;
  const gssapi = method === "gss" || method === "sspi";
  const caseInsensitive = method === "sspi" || (method === "gss" && profile.settings.krb_caseins_users);
  const same = caseInsensitive ? sameIgnoringCase : sameBytes;
  const { account, realm } = gssapi ? splitRealm(systemUser) : { account: systemUser, realm: null };
  const name = gssapi && options.includeRealm !== true ? account : systemUser;
  const base = { mapName: options.map || null, systemUser: name, dependsOn: [], mapping: null, allowed: [] };

  if (gssapi && options.krbRealm && (realm === null || !same(realm, options.krbRealm))) {
    const error =
      realm === null
        ? "GSSAPI did not return realm but realm matching was requested"
        : `GSSAPI realm (${realm}) and configured realm (${options.krbRealm}) don't match`;
    return { ...base, matched: false, error };
  }
  if (base.mapName === null) {
    const matched = same(role, name);
    const error = `provided user name (${role}) and authenticated user name (${name}) do not match`;
    return { ...base, matched, allowed: [name], error: matched ? null : error };
  }

  const allowed: Bytes[] = [];
  for (const mapping of mappings) {
    if (mapping.mapName !== base.mapName) continue;
    const granted = grantedBy(mapping, name, same, profile.dialect);
    if (granted === null) continue;
    if ("error" in granted) return { ...base, allowed, matched: false, error: granted.error };
    allowed.push(granted.kind === "literal" ? granted.name : granted.token.text);
    const match = matchRole(granted, role, facts, same);
    if (match === false) continue;
    const settled = match === true;
    return {
      ...base,
      allowed,
      mapping,
      matched: settled || null,
      dependsOn: settled ? [] : match,
      error: null,
    };
  }
  const error = `no match in usermap "${base.mapName}" for user "${role}" authenticated as "${name}"`;
  return { ...base, allowed, matched: false, error };
}

/** In the last column of a line whose system user is a regular expression: what its first group matched. */
const backReference = String.raw`\1`;

/**
 * As whom a line lets this system user in; null: it is not about him. An error ends the search: PostgreSQL then tries
 * no later line. What stands for `\1` makes a plain name: never a keyword, a group or a regular expression.
 */
function grantedBy(
  { systemUser, databaseUser }: Mapping,
  name: Bytes,
  same: typeof sameBytes,
  { everyBackReference }: Dialect,
): UserPattern | { readonly error: Bytes } | null {
  if (systemUser.kind === "literal") return same(systemUser.name, name) ? databaseUser : null;
  const { pattern, match } = systemUser.regex;
  const found = match(name);
  if ("error" in found) return { error: `regular expression match for "${pattern}" failed: ${found.error}` };
  if (!found.matched) return null;
  if (databaseUser.kind !== "literal" || !databaseUser.name.includes(backReference)) return databaseUser;
  const group = found.captures[1];
  if (!group) {
    const asked = `as requested by backreference in "${databaseUser.name}"`;
    return { error: `regular expression "${pattern}" has no subexpressions ${asked}` };
  }
  const matched = (): Bytes => name.slice(...group);
  const granted = everyBackReference
    ? databaseUser.name.replaceAll(backReference, matched)
    : databaseUser.name.replace(backReference, matched);
  return { ...databaseUser, name: granted };
}

/** The realm begins behind the first `@`. */
function splitRealm(principal: Bytes): { readonly account: Bytes; readonly realm: Bytes | null } {
  const at = principal.indexOf("@");
  if (at < 0) return { account: principal, realm: null };
  return { account: principal.slice(0, at), realm: principal.slice(at + 1) };
}

function sameIgnoringCase(a: Bytes, b: Bytes): boolean {
  return asciiLower(a) === asciiLower(b);
}
