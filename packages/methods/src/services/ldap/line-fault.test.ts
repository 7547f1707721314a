import { expect, test } from "vitest";
import { ldapLineFault } from "./line-fault.ts";

test.for([
  [{ ldapServer: "l", ldapPrefix: "x" }, null],
  [{ ldapServer: "l", ldapBaseDn: "dc=x" }, null],
  [{ ldapBaseDn: "dc=x" }, null],
  [{ ldapServer: "l", ldapBaseDn: "", ldapSearchFilter: "(|(uid=$username)(mail=$username))" }, null],
  [{ ldapServer: "", ldapPrefix: "x" }, "LDAP server not specified, and no ldapbasedn"],
  [{ ldapBaseDn: "o=x" }, "could not extract domain name from ldapbasedn"],
  [{ ldapServer: "l:389", ldapPrefix: "x" }, "could not initialize LDAP: Bad parameter to an ldap routine"],
  [
    { ldapBaseDn: "dc=x", ldapScheme: "ldapi" },
    "could not initialize LDAP: Bad parameter to an ldap routine",
  ],
  [
    { ldapServer: "l", ldapBaseDn: "dc=x", ldapSearchFilter: "uid" },
    'could not search LDAP for filter "uid" on server "l": Bad search filter',
  ],
  [
    { ldapServer: "l", ldapBaseDn: "dc=x", ldapSearchAttribute: "no attribute" },
    'could not search LDAP for filter "(no attribute=username)" on server "l": Bad search filter',
  ],
] as const)("of %j it is said: %j", ([options, fault]) => {
  expect(ldapLineFault(options)).toBe(fault);
});
