import type { Bytes } from "../bytes.ts";
import type { HbaOptions } from "../hba/options/values.ts";

const scopes: Readonly<Record<number, string>> = {
  0: "at",
  1: "one level below",
  2: "at or below",
  3: "below",
};

/** What a line with the method `ldap` asks, and whom. Nothing secret is in it. */
export function ldapWords(options: HbaOptions, user: Bytes): Bytes[] {
  const { ldapServer = "", ldapBaseDn, ldapPrefix = "", ldapSuffix = "", ldapScope = 2 } = options;
  const tls = options.ldapTls === true || options.ldapScheme === "ldaps" ? "over TLS" : "without TLS";
  const server =
    ldapServer === "" ? "the LDAP servers that DNS has for the base DN" : `LDAP server "${ldapServer}"`;
  const judged = `a password, judged by ${server} ${tls}`;
  if (ldapBaseDn === undefined) return [`${judged}: a bind as "${ldapPrefix}${user}${ldapSuffix}"`];
  const { ldapSearchFilter, ldapSearchAttribute = "uid", ldapBindDn = "" } = options;
  const filter = ldapSearchFilter?.replaceAll("$username", () => user) ?? `(${ldapSearchAttribute}=${user})`;
  const as = ldapBindDn === "" ? "anonymously" : `as "${ldapBindDn}"`;
  return [
    `${judged}: a bind as the one entry that ${filter} finds`,
    `it is looked for ${scopes[ldapScope] ?? "below"} "${ldapBaseDn}", ${as}`,
  ];
}
