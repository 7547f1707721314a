import { ldapLineFault } from "@sallyport/methods";
import type { LdapTrust } from "@sallyport/methods";
import type { HbaRule } from "@sallyport/policy";
import type { Finding } from "../findings/finding.ts";
import { findingAt } from "../findings/finding.ts";

/** Lines with the method `ldap` that can let nobody in, whatever the directory says. No directory is asked. */
export async function checkLdap(
  rules: readonly HbaRule[],
  trust: () => Promise<LdapTrust>,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { method, options, columns } of rules) {
    if (method !== "ldap") continue;
    const fault = ldapLineFault(options);
    if (fault !== null) found.push(findingAt("ldap-line", columns.method, fault));
    if (options.ldapTls !== true && options.ldapScheme?.toLowerCase() !== "ldaps") continue;
    const trusted = await trust();
    if (!("refused" in trusted)) continue;
    found.push(findingAt("ldap-trust", columns.method, `no TLS with the directory: ${trusted.refused}`));
  }
  return found;
}
