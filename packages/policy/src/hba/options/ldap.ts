import type { Bytes } from "../../bytes.ts";
import type { Span } from "../../text/line.ts";
import { atoi } from "../c-numbers.ts";
import { mistake } from "../../mistake.ts";
import type { Mistake } from "../../mistake.ts";
import type { Dialect } from "../../versions/dialect.ts";
import { parseLdapUrl } from "./ldap-url.ts";
import type { OptionSite } from "./setter.ts";
import type { HbaOptions, OptionsDraft } from "./values.ts";

/** The scope that every option of an ldap line sets anew, so that a URL's scope counts only at the end. */
export const subtreeScope = 2;

/** Sets, at its place among the options, all that the URL says. */
export function setLdapUrl(
  draft: OptionsDraft,
  value: Bytes,
  { token, dialect }: OptionSite,
): Mistake | null {
  const url = parseLdapUrl(value);
  if (typeof url === "string") return mistake(token, `could not parse LDAP URL "${value}": ${url}`);
  if (url.scheme !== "ldap" && !(url.scheme === "ldaps" && dialect.ldapsUrls)) {
    return mistake(token, `unsupported LDAP URL scheme: ${url.scheme}`, { sqlstate: "0A000" });
  }
  if (url.filter !== null && !dialect.ldapUrlFilters) {
    return mistake(token, "filters not supported in LDAP URLs", { sqlstate: "0A000" });
  }
  draft.ldapScheme = url.scheme;
  if (url.host !== null) draft.ldapServer = url.host;
  draft.ldapPort = url.port;
  if (url.dn !== null) draft.ldapBaseDn = url.dn;
  if (url.attribute !== null) draft.ldapSearchAttribute = url.attribute;
  draft.ldapScope = url.scope;
  if (url.filter !== null) draft.ldapSearchFilter = url.filter;
  return null;
}

export function setLdapPort(draft: OptionsDraft, value: Bytes, { token }: OptionSite): Mistake | null {
  draft.ldapPort = atoi(value);
  return draft.ldapPort === 0 ? mistake(token, `invalid LDAP port number: "${value}"`) : null;
}

/** Any scheme is stored; one that is none is only logged. */
export function setLdapScheme(draft: OptionsDraft, value: Bytes, { warn }: OptionSite): Mistake | null {
  if (value !== "ldap" && value !== "ldaps") warn(`invalid ldapscheme value: "${value}"`);
  draft.ldapScheme = value;
  return null;
}

/** What an ldap line must have, and must not have together. */
export function checkLdap(
  options: HbaOptions,
  line: Span,
  { ldapServerRequired, ldapMixedModes }: Dialect,
): Mistake | null {
  if (ldapServerRequired && options.ldapServer === undefined) return missing(line, '"ldapserver"');
  const simpleBind = options.ldapPrefix ?? options.ldapSuffix;
  const { ldapBaseDn, ldapBindDn, ldapBindPasswd, ldapSearchAttribute, ldapSearchFilter } = options;
  const search = ldapBaseDn ?? ldapBindDn ?? ldapBindPasswd ?? ldapSearchAttribute ?? ldapSearchFilter;
  if (simpleBind !== undefined && search !== undefined) {
    return mistake(line, ldapMixedModes);
  }
  if (simpleBind === undefined && ldapBaseDn === undefined) {
    return missing(line, '"ldapbasedn", "ldapprefix", or "ldapsuffix"');
  }
  if (ldapSearchAttribute !== undefined && ldapSearchFilter !== undefined) {
    return mistake(line, "cannot use ldapsearchattribute together with ldapsearchfilter");
  }
  return null;
}

function missing(line: Span, names: string): Mistake {
  return mistake(line, `authentication method "ldap" requires argument ${names} to be set`);
}
