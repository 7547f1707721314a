import type { Random } from "./random.ts";

const usual = [
  "ldap://h/dc=x?uid?sub",
  "ldap://h/dc=x??sub?(a=b)",
  "ldap://h/dc=x???(a=b)",
  "<ldap://h",
  "ldap://h/dc=x??far",
  "ldap://h:77",
  "ldaps://h",
  "ldaps://h/dc=x",
  "ldaps:///",
] as const;

/** A URL for ldapurl: of each part that it may have, right ones and wrong ones. */
export function ldapUrl(r: Random): string {
  if (r.chance(0.4)) return r.pick(usual);
  const maybe = (texts: readonly [string, ...string[]]): string => (r.chance(0.6) ? r.pick(texts) : "");
  // Not pldap: whether a server knows it depends on the libldap that it was built with.
  const scheme = r.pick([
    "ldap://",
    "ldap://",
    "ldaps://",
    "ldaps://",
    "LDAP://",
    "ldapi://",
    "ldapi://%2Fs",
    "URL:ldap://",
    "http://",
    "<ldap://",
  ]);
  const host = maybe([
    "h",
    "h",
    "h:77",
    "h:",
    "h:x",
    "[::1]",
    "[::1]:5",
    "[::1",
    "::1",
    "h h",
    "%68",
    "h%zz",
    "h:%35",
    "h:0",
    "[::1]x",
    "[::1]x:5",
    "h:99999999999",
    "h?uid",
  ]);
  const parts = [
    maybe(["dc=x", "dc=x%2Cdc=y", "dc=%zz", "a/b"]),
    maybe(["uid", "uid,cn", ",uid"]),
    maybe(["one", "sub", "base", "SUB", "foo", "onelevel", "subtree", "subord", "subordinate", "children"]),
    maybe(["(a=b)", "%28a=b)", "%zz", "a%00b"]),
    maybe(["e", "!e", ",", "e?f"]),
  ];
  const path = r.chance(0.85) ? `/${parts.slice(0, 1 + r.below(5)).join("?")}` : "";
  return `${scheme}${host}${path}${scheme.startsWith("<") && r.chance(0.7) ? ">" : ""}`;
}
