import { asciiLower } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import type { Method } from "../hba/method.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { Mapping } from "../ident/file.ts";
import type { Policy } from "../policy.ts";
import type { Token } from "../text/token.ts";
import { isMember } from "./columns.ts";
import type { Dependency, Facts, Match } from "./facts.ts";

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
  /** The database-user columns of the lines that name this system user. */
  readonly allowed: readonly Bytes[];
  /** The server's log message of a mismatch. */
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

  const named = mappings.filter((line) => line.mapName === base.mapName && same(line.systemUser.text, name));
  const allowed = named.map(({ databaseUser }) => databaseUser.text);
  for (const mapping of named) {
    const match = matchDatabaseUser(mapping.databaseUser, role, same, facts);
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

function matchDatabaseUser(token: Token, role: Bytes, same: typeof sameBytes, facts: Facts): Match {
  if (!token.quoted && token.text === "all") return true;
  if (!token.quoted && token.text.startsWith("+")) return isMember(role, token.text.slice(1), facts);
  return same(token.text, role);
}

/** The realm begins behind the first `@`. */
function splitRealm(principal: Bytes): { readonly account: Bytes; readonly realm: Bytes | null } {
  const at = principal.indexOf("@");
  if (at < 0) return { account: principal, realm: null };
  return { account: principal.slice(0, at), realm: principal.slice(at + 1) };
}

function sameBytes(a: Bytes, b: Bytes): boolean {
  return a === b;
}

function sameIgnoringCase(a: Bytes, b: Bytes): boolean {
  return asciiLower(a) === asciiLower(b);
}
