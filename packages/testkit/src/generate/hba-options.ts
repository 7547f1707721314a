import { ldapUrl } from "./ldap-url.ts";
import type { Random } from "./random.ts";
import { quote } from "./tokens.ts";
import { oneOf } from "./word.ts";

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  peer: ["map"],
  ident: ["map"],
  cert: ["map", "clientcert", "clientname"],
  gss: ["map", "include_realm", "krb_realm"],
  sspi: ["map", "include_realm", "krb_realm", "compat_realm", "upn_username"],
  pam: ["pamservice", "pam_use_hostname"],
  ldap: [
    "ldapurl",
    "ldapserver",
    "ldapport",
    "ldapscheme",
    "ldaptls",
    "ldapprefix",
    "ldapsuffix",
    "ldapbasedn",
    "ldapbinddn",
    "ldapbindpasswd",
    "ldapsearchattribute",
    "ldapsearchfilter",
  ],
  radius: ["radiusservers", "radiussecrets", "radiusports", "radiusidentifiers"],
  oauth: [
    "issuer",
    "scope",
    "validator",
    "validator.x",
    "validator.",
    "validator.x.y",
    "delegate_ident_mapping",
    "delegate_ident_mapping",
    "map",
    "map",
    "map",
  ],
};

/** The names of all options, and of some that are none. */
export const everyOption: readonly string[] = [
  ...new Set(Object.values(optionsOf).flat()),
  "radiusserver",
  "constructor",
];

/** The options of a record: mostly those of its method, with what that needs, sometimes those of another. */
export function hbaOptions(r: Random, type: string, word: string): string[] {
  const own = Object.hasOwn(optionsOf, word) ? [...(optionsOf[word] ?? [])] : [];
  if (type === "hostssl") own.push("clientcert", "clientname");
  const needed: Record<string, readonly string[]> = {
    ldap: ["ldapserver", r.pick(["ldapbasedn", "ldapbasedn", "ldapprefix", "ldapsuffix"])],
    radius: ["radiusservers", "radiussecrets"],
    oauth: ["scope", "issuer"],
  };
  const all = Object.hasOwn(needed, word) ? [...(needed[word] ?? [])] : [];
  if (word === "ldap") all.push(...r.many(0, 1, () => r.pick(["ldapurl", "ldapsearchfilter", "ldaptls"])));
  const names = r.chance(0.85) ? [...all] : all.filter(() => r.chance(0.5));
  if (own.length > 0) names.push(...r.many(0, r.chance(0.4) ? 0 : 3, () => oneOf(r, own)));
  if (r.chance(all.length > 0 ? 0.08 : 0.3)) names.push(oneOf(r, everyOption));
  if (r.chance(0.1)) names.push(r.pick(["clientcert", "clientname", "map"]));
  if (word === "radius" && r.chance(0.3)) names.push(r.pick(["radiusports", "radiusidentifiers"]));
  if (word === "ldap" && r.chance(0.6)) names.push("ldapurl");
  if (word === "ldap" && r.chance(0.2)) names.push(r.pick(["ldapsearchattribute", "ldapbindpasswd"]));
  if (word === "cert" && r.chance(0.9)) names.push("clientcert");
  if (word === "oauth" && r.chance(0.3)) names.push(r.pick(["validator", "validator.x"]));
  const written = names.map((name) => option(r, name));
  if (word === "radius" && r.chance(0.5))
    written.push(r.pick(['radiusports="1,2"', 'radiusidentifiers="x,y"']));
  if (word === "oauth" && r.chance(0.1)) written.push("map=x", "delegate_ident_mapping=1");
  if (r.chance(0.02)) {
    const odd = [
      "map",
      "=",
      "foo=bar",
      "=x",
      '""',
      "MAP=x",
      "clientcert",
      '"map"=x',
      'm"ap=x"',
      "toString=x",
    ];
    written.push(oneOf(r, odd));
  }
  return r.chance(0.05) && written.length > 1 ? [written.join(",")] : written;
}

function option(r: Random, name: string): string {
  const value = optionValue(r, name);
  if (/[ ,"#]/.test(value) || r.chance(0.1))
    return r.chance(0.5) ? `${name}=${quote(value)}` : quote(`${name}=${value}`);
  return `${name}=${value}`;
}

function optionValue(r: Random, name: string): string {
  if (r.chance(0.06)) return r.pick(["", "a b", "a,b", '"', "é", "\\", "a=b", "#"]);
  switch (name) {
    case "clientcert":
      return r.pick([
        "verify-ca",
        "verify-ca",
        "verify-full",
        "verify-full",
        "0",
        "1",
        "no-verify",
        "VERIFY-CA",
      ]);
    case "clientname":
      return r.pick(["CN", "CN", "DN", "DN", "cn", "x"]);
    case "include_realm":
    case "compat_realm":
    case "upn_username":
    case "pam_use_hostname":
    case "ldaptls":
    case "delegate_ident_mapping":
      return r.pick(["1", "1", "0", "yes", "on", "01"]);
    case "ldapport":
      return r.pick([
        "389",
        "636",
        "0",
        "-5x",
        "99999",
        "99999999999",
        "4294967296",
        "abc",
        " 7",
        "2147483648",
      ]);
    case "ldapscheme":
      return r.pick(["ldap", "ldaps", "LDAP", "http"]);
    case "ldapurl":
      return ldapUrl(r);
    case "radiusservers":
      return r.pick([
        "127.0.0.1",
        "127.0.0.1",
        "127.0.0.1",
        "127.0.0.1,::1",
        "127.0.0.1,::1",
        '"127.0.0.1"',
        "127.0.0.1 , 127.1",
        "",
        " ",
        '""',
        '127.0.0.1,""',
        "a..b",
        "fe80::1%lo",
        "fe80::1%nosuch",
        ",",
        "127.0.0.1,",
        '"127.0.0.1',
      ]);
    case "radiussecrets":
    case "radiusidentifiers":
      return r.pick([
        "x",
        "x",
        "x",
        "x",
        "x,y",
        "x,y,z",
        '"a,b",c',
        "a b",
        ",",
        '"a""b"',
        'a"b',
        " x , y ",
        "",
        '"',
        '""',
      ]);
    case "radiusports":
      return r.pick([
        "1812",
        "1812",
        "1812",
        "1812,1813",
        "1,2",
        "0",
        "",
        "abc",
        "1,2,3",
        "70000abc",
        "4294967296",
        "1 2",
        ",",
      ]);
    case "validator":
      return r.pick(["x", "x", "x", "x", "y", "z", "z", ""]);
    case "map":
    case "krb_realm":
    case "pamservice":
      return r.pick(["x", "EXAMPLE.COM", "", "m"]);
    default:
      return r.pick(["x", "uid", "dc=example,dc=net", "cn=", "EXAMPLE.COM", "https://id.example.com"]);
  }
}
