import { parsePolicy, serverProfile } from "@sallyport/policy";
import { expect, test } from "vitest";
import { outcomes } from "../outcome/outcome.ts";
import type { RuleOutcome } from "../outcome/outcome.ts";
import { compareOutcomes } from "./kind.ts";

/** Of a line's method and options. */
function outcomeOf(method: string): RuleOutcome | null {
  if (method === "none") return null;
  const profile = serverProfile({ settings: { oauth_validator_libraries: "v" } });
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([["/hba", { bytes: `hostssl all all all ${method}\n` }]]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const { policy, problems } = parsePolicy({ hbaFileName: "/hba", identFileName: null, profile }, disk);
  const rule = policy?.rules[0];
  if (!rule) throw new Error(problems[0]?.text);
  return outcomes(profile)(rule);
}

const gss = "gss include_realm=0";
const ldap = "ldap ldapserver=x ldapbasedn=dc=x";
const radius = "radius radiusservers=127.0.0.1 radiussecrets=x";
const oauth = "oauth scope=a issuer=b";

test.each([
  ["none", "reject", "changed", "changed"],
  // Who has no certificate hears of it first.
  ["reject", "reject clientcert=verify-ca", "changed", "changed"],
  ["reject clientcert=verify-full", "reject clientcert=verify-ca", null, null],
  ["reject", "md5", "widening", "narrowing"],
  ["none", "cert", "widening", "narrowing"],
  ["md5", "trust", "widening", "narrowing"],
  [gss, "trust", "widening", "narrowing"],
  ["md5", "scram-sha-256", "changed", "changed"],
  ["md5 clientcert=verify-full", "md5", "widening", "narrowing"],
  ["md5 clientcert=verify-full", "md5 clientcert=verify-ca", "widening", "narrowing"],
  // Whatever else happens, a condition falls away.
  ["md5 clientcert=verify-ca", "scram-sha-256", "widening", "changed"],
  ["md5 clientcert=verify-full", "cert", "widening", "narrowing"],
  // A certificate in place of a password.
  ["cert", "scram-sha-256", "changed", "changed"],
  ["cert", "trust clientcert=verify-full", null, null],
  ["cert clientname=DN", "cert", "changed", "changed"],
  [`${gss} krb_realm=X`, gss, "widening", "narrowing"],
  [`${gss} krb_realm=X`, `${gss} krb_realm=Y`, "changed", "changed"],
  // The realm falls away. Where it comes back, a map may know names with it.
  ["gss", gss, "widening", "changed"],
  [oauth, `${oauth} delegate_ident_mapping=1`, "widening", "narrowing"],
  [ldap, `${ldap} ldaptls=1`, "changed", "changed"],
  [ldap, `${ldap} ldapscheme=ldap`, null, null],
  [ldap, `${ldap} ldapport=389 ldapsearchattribute=uid`, null, null],
  [`${ldap} ldapscheme=ldaps`, `${ldap} ldapscheme=ldaps ldapport=636`, null, null],
  [ldap, `${ldap} ldapport=636`, "changed", "changed"],
  [radius, `${radius} radiusports=1812 radiusidentifiers=postgresql`, null, null],
  [radius, `${radius} radiusports=1813`, "changed", "changed"],
  [ldap, `ldap ldapbasedn="dc=x" ldapserver=x`, null, null],
  ["gss map=", "gss", null, null],
])("from %s to %s: %s, and back: %s", (old, now, kind, back) => {
  const [a, b] = [outcomeOf(old), outcomeOf(now)];
  expect([compareOutcomes(a, b).kind, compareOutcomes(b, a).kind]).toEqual([kind, back]);
});

test("maps are compared where both sides hold the same name against the role", () => {
  const maps = (old: string, now: string): boolean => compareOutcomes(outcomeOf(old), outcomeOf(now)).maps;
  expect(maps("cert map=a", "cert map=b")).toBe(true);
  expect(maps("cert map=a", "gss map=a")).toBe(false);
  // A password more, and the certificate is held against the role by another map.
  expect(maps("cert map=a", "scram-sha-256 clientcert=verify-full")).toBe(true);
  expect(maps("cert map=a", "scram-sha-256 clientcert=verify-ca")).toBe(false);
  expect(maps("md5", "md5")).toBe(false);
});
