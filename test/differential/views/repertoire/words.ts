import type { Wanted } from "./wanted.ts";

const since18 = { since: 18 } as const;
const until18 = { until: 18 } as const;

/** Every option of `pg_hba.conf`, and where it is accepted; it is refused everywhere. */
export const optionWords: readonly Wanted[] = [
  { name: "map" },
  { name: "clientcert" },
  { name: "clientname", since: 14 },
  ...named({ needs: "gssapi" }, "include_realm", "krb_realm"),
  ...named({ needs: "sspi" }, "compat_realm", "upn_username"),
  ...named({ needs: "pam" }, "pamservice", "pam_use_hostname"),
  ...named({ needs: "ldap" }, "ldapserver", "ldapport", "ldaptls", "ldapurl", "ldapprefix", "ldapsuffix"),
  ...named({ needs: "ldap" }, "ldapbasedn", "ldapbinddn", "ldapbindpasswd", "ldapsearchattribute"),
  ...named({ needs: "ldap", since: 11 }, "ldapscheme", "ldapsearchfilter"),
  ...named(until18, "radiusservers", "radiussecrets", "radiusports", "radiusidentifiers"),
  ...named(since18, "issuer", "scope", "validator", "delegate_ident_mapping"),
  ...named({ since: 19 }, "validator.x"),
];

export const methodWords: readonly Wanted[] = [
  ...named({}, "trust", "reject", "password", "md5", "scram-sha-256", "ident", "peer"),
  { name: "cert", needs: "ssl" },
  { name: "radius", until: 18 },
  { name: "gss", needs: "gssapi" },
  { name: "pam", needs: "pam" },
  { name: "ldap", needs: "ldap" },
  { name: "oauth", since: 18 },
  { name: "sspi", needs: "sspi" },
  { name: "bsd", needs: "bsd" },
];

export const typeWords: readonly Wanted[] = [
  ...named({}, "local", "host", "hostssl", "hostnossl"),
  ...named({ since: 12 }, "hostgssenc", "hostnogssenc"),
];

export const databaseForms: readonly Wanted[] = [
  ...named({}, "all", "sameuser", "samerole", "samegroup", "replication", "literal", "empty name"),
  ...named({}, '"all"', '"sameuser"', '"samerole"', '"samegroup"', '"replication"'),
  { name: "regular expression", since: 16 },
];

export const userForms: readonly Wanted[] = [
  ...named({}, "all", "+role", "literal", "empty name", '"all"', '"+role"', '+"role"'),
  { name: "regular expression", since: 16 },
];

export const addressForms: readonly Wanted[] = named(
  {},
  "all",
  "samehost",
  "samenet",
  '"all"',
  '"samehost"',
  '"samenet"',
  "IPv4/prefix",
  "IPv4 and mask",
  "IPv4 of fewer than four parts",
  "IPv4 with an octal part",
  "IPv4 with a hexadecimal part",
  "a mask of fewer than four parts",
  "IPv6/prefix",
  "IPv6 and mask",
  "IPv6 with a dotted tail",
  "IPv6 with a zone",
  "a prefix with a sign or leading zeros",
  "host name",
  ".suffix",
  "empty host name",
  "host name that looks like an address",
);

function named(where: Omit<Wanted, "name">, ...names: readonly string[]): Wanted[] {
  return names.map((name) => Object.assign({ name }, where));
}
