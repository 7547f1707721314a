import type { Bytes, HbaOptions } from "@sallyport/policy";
import { domainOf } from "./discovery.ts";
import { LdapFailure } from "./failure.ts";
import { parseFilter } from "./filter.ts";
import { serverList } from "./server-list.ts";

/** Why a line can let nobody in, whatever the directory says, in the words of the log; null: nothing plain. */
export function ldapLineFault(options: HbaOptions): Bytes | null {
  const { ldapServer = "", ldapBaseDn = "", ldapSearchFilter, ldapSearchAttribute = "uid" } = options;
  if (ldapServer === "" && ldapBaseDn === "") return "LDAP server not specified, and no ldapbasedn";
  if (ldapServer === "" && domainOf(ldapBaseDn) === null) {
    return "could not extract domain name from ldapbasedn";
  }
  const server = wordsOf(() => serverList({ ...options, ldapServer: ldapServer || "found" }));
  if (server !== null) return `could not initialize LDAP: ${server}`;
  if (options.ldapBaseDn === undefined) return null;
  const filter = ldapSearchFilter?.replaceAll("$username", "username") ?? `(${ldapSearchAttribute}=username)`;
  const words = wordsOf(() => parseFilter(filter));
  return words === null
    ? null
    : `could not search LDAP for filter "${filter}" on server "${ldapServer}": ${words}`;
}

function wordsOf(work: () => unknown): Bytes | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof LdapFailure) return error.words;
    throw error;
  }
}
