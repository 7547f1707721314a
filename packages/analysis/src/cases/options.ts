import { ruleColumns } from "@sallyport/policy";
import type { Bytes, HbaRule, ServerProfile } from "@sallyport/policy";

/**
 * The options that a case may ask for: those that `pg_hba_file_rules` shows, and `clientname`, which it does not. What is secret
 * does not belong into a file of cases.
 */
export const askableOptions: readonly Bytes[] = [
  "clientcert",
  "clientname",
  "map",
  "include_realm",
  "krb_realm",
  "pamservice",
  "ldapserver",
  "ldapport",
  "ldapscheme",
  "ldaptls",
  "ldapprefix",
  "ldapsuffix",
  "ldapbasedn",
  "ldapbinddn",
  "ldapsearchattribute",
  "ldapsearchfilter",
  "ldapscope",
  "radiusservers",
  "radiusidentifiers",
  "radiusports",
  "issuer",
  "scope",
  "validator",
  "delegate_ident_mapping",
];

/** The value of an option of a rule, as the view shows it; null: it shows none. */
export function shownOption(rule: HbaRule, name: Bytes, { dialect }: ServerProfile): Bytes | null {
  if (name === "clientname") return rule.options.clientname ?? null;
  const shown = ruleColumns(rule, dialect).options?.find((option) => option.startsWith(`${name}=`));
  return shown === undefined ? null : shown.slice(name.length + 1);
}
