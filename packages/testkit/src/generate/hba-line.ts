import type { Random } from "./random.ts";
import { anyRegexToken } from "./regex-token.ts";
import { blanks, list, mutate, nameToken, quote } from "./tokens.ts";

/** One line for `pg_hba.conf`: mostly a record that is right or nearly right, sometimes torn. */
export function hbaLine(r: Random, extraName: () => string): string {
  const line = r.weighted<string>([
    [92, () => record(r, extraName)],
    [3, () => r.pick(["", "   ", "# a comment", "\t# local all all trust", ","])],
    [5, () => r.many(1, 7, () => nameToken(r)).join(blanks(r))],
  ]);
  return r.chance(0.2) ? mutate(r, line) : line;
}

function record(r: Random, extraName: () => string): string {
  const type = connectionType(r);
  const name = (): string =>
    r.weighted([
      [6, extraName],
      [8, () => anyRegexToken(r)],
      [86, () => nameToken(r)],
    ]);
  const columns = [type, list(r, name), list(r, name)];
  if (type !== "local" || r.chance(0.05)) columns.push(...address(r));
  const word = method(r);
  columns.push(word, ...options(r, word));
  if (r.chance(0.04)) columns.splice(r.below(columns.length), 1);
  return (
    columns.map((column, at) => (at === 0 ? "" : blanks(r)) + column).join("") + (r.chance(0.05) ? " " : "")
  );
}

function connectionType(r: Random): string {
  return r.weighted<string>([
    [30, () => "local"],
    [30, () => "host"],
    [12, () => "hostssl"],
    [8, () => "hostnossl"],
    [6, () => "hostgssenc"],
    [6, () => "hostnogssenc"],
    [2, () => quote(r.pick(["local", "host", "hostssl"]))],
    [3, () => r.pick(["LOCAL", "hosts", "Host", "tcp", "", "host,local", "include", '""'])],
  ]);
}

function address(r: Random): string[] {
  return r.weighted<string[]>([
    [14, () => [r.pick(["all", "samehost", "samenet", '"all"', '"samenet"', "ALL"])]],
    [30, () => [`${ipv4(r)}/${prefix(r, 32)}`]],
    [12, () => [ipv4(r), mask(r)]],
    [20, () => [`${ipv6(r)}/${prefix(r, 128)}`]],
    [6, () => [ipv6(r), r.chance(0.7) ? "ffff:ffff::" : mask(r)]],
    [
      10,
      () => [
        r.pick([
          "db.example.com",
          ".example.com",
          "localhost",
          "300.1.1.1",
          "foo_bar",
          ".",
          "1.2.3.4x",
          '""',
        ]),
      ],
    ],
    [3, () => [`${r.pick(["db.example.com", "300.1.1.1", ""])}/${prefix(r, 32)}`]],
    [3, () => [`${ipv4(r)},${ipv4(r)}`]],
    [2, () => [ipv4(r)]],
  ]);
}

function ipv4(r: Random): string {
  const parts = r.many(1, r.chance(0.8) ? 4 : 5, () => octet(r));
  if (r.chance(0.7)) return [octet(r), octet(r), octet(r), octet(r)].join(".");
  return parts.join(".");
}

function octet(r: Random): string {
  return r.weighted<string>([
    [70, () => String(r.below(256))],
    [8, () => r.pick(["0", "10", "127", "255"])],
    [5, () => `0x${r.below(300).toString(16)}`],
    [5, () => `0${r.below(300).toString(8)}`],
    [3, () => String(r.below(70_000))],
    [
      2,
      () =>
        r.pick(["4294967295", "4294967296", "08", "0x", "-1", "+1", " 1", "1e3", "256", "65536", "16777216"]),
    ],
    [1, () => r.pick(["", "a", "1 "])],
  ]);
}

function ipv6(r: Random): string {
  const group = (): string =>
    r.weighted([
      [60, () => r.below(65_536).toString(16)],
      [25, () => "0"],
      [5, () => r.below(256).toString(16).toUpperCase()],
      [3, () => "00000"],
      [1, () => "g"],
    ]);
  const groups = (least: number, most: number): string => r.many(least, most, group).join(":");
  const zone = r.weighted<string>([
    [20, () => ""],
    [1, () => "%lo"],
    [1, () => r.pick(["%1", "%nosuch", "%", "%4294967296", "%lo%lo"])],
  ]);
  return r.weighted<string>([
    [30, () => groups(8, 8)],
    [30, () => `${groups(0, 4)}::${groups(0, 3)}`],
    [10, () => `::ffff:${ipv4(r)}`],
    [6, () => `::${ipv4(r)}`],
    [6, () => `${groups(6, 6)}:${ipv4(r)}`],
    [10, () => `fe80::${group()}${zone}`],
    [4, () => `ff02::1${zone}`],
    [4, () => r.pick(["::", "::1", ":::", "1::2::3", ":1", "1:", "::1:"])],
    [4, () => groups(1, 9)],
  ]);
}

function prefix(r: Random, most: number): string {
  return r.weighted<string>([
    [80, () => String(r.below(most + 1))],
    [4, () => String(most + r.below(4))],
    [4, () => r.pick(["+8", "08", "-0", "-1", "0x8", "8x", "", "8/", "99999999999999999999", "1.5", " 8"])],
  ]);
}

function mask(r: Random): string {
  return r.weighted<string>([
    [
      60,
      () =>
        r.pick(["255.0.0.0", "255.255.0.0", "255.255.255.0", "255.255.255.255", "0.0.0.0", "255.0.255.0"]),
    ],
    [10, () => ipv4(r)],
    [
      8,
      () =>
        r.pick(["24", "0xff000000", "255.0", "trust", "ffff::", '""', "255.0.0.0/8", "all", "255.0.0.0,x"]),
    ],
  ]);
}

const methodWords = [
  "trust",
  "reject",
  "md5",
  "scram-sha-256",
  "password",
  "peer",
  "ident",
  "cert",
  "gss",
  "sspi",
  "pam",
  "bsd",
  "ldap",
  "radius",
  "oauth",
] as const;

function method(r: Random): string {
  return r.weighted<string>([
    [92, () => r.pick(methodWords)],
    [3, () => quote(r.pick(methodWords))],
    [3, () => r.pick(["TRUST", "krb5", "crypt", "scram", "implicit", '""', "trust,md5", "md5,"])],
  ]);
}

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
  oauth: ["issuer", "scope", "validator", "delegate_ident_mapping", "map"],
};

const everyOption = [...new Set(Object.values(optionsOf).flat())];

function options(r: Random, word: string): string[] {
  const own = optionsOf[word] ?? ["clientcert", "clientname"];
  const needed: Record<string, readonly string[]> = {
    ldap: r.chance(0.5) ? ["ldapserver", "ldapbasedn"] : ["ldapserver", "ldapprefix"],
    radius: ["radiusservers", "radiussecrets"],
    oauth: ["scope", "issuer"],
  };
  const names = r.chance(0.85) ? [...(needed[word] ?? [])] : [];
  names.push(...r.many(0, r.chance(0.5) ? 0 : 3, () => pickOf(r, own)));
  if (r.chance(0.05)) names.push(pickOf(r, everyOption));
  const written = names.map((name) => option(r, name));
  if (r.chance(0.02)) written.push(r.pick(["map", "=", "foo=bar", "=x", '""', "MAP=x", "clientcert"]));
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
      return r.pick(["verify-ca", "verify-full", "0", "1", "no-verify", "VERIFY-CA"]);
    case "clientname":
      return r.pick(["CN", "DN", "cn", "x"]);
    case "include_realm":
    case "compat_realm":
    case "upn_username":
    case "pam_use_hostname":
    case "ldaptls":
    case "delegate_ident_mapping":
      return r.pick(["1", "1", "0", "yes", "on", "01"]);
    case "ldapport":
      return r.pick(["389", "636", "0", "-5x", "99999", "99999999999", "abc", " 7", "2147483648"]);
    case "ldapscheme":
      return r.pick(["ldap", "ldaps", "LDAP", "http"]);
    case "ldapurl":
      return ldapUrl(r);
    case "radiusservers":
      return r.pick([
        "127.0.0.1",
        "127.0.0.1,::1",
        '"127.0.0.1"',
        "127.0.0.1 , 127.1",
        ",",
        "127.0.0.1,",
        '"127.0.0.1',
      ]);
    case "radiussecrets":
    case "radiusidentifiers":
      return r.pick(["x", "x,y", "x,y,z", '"a,b",c', "a b", ",", '"a""b"', 'a"b']);
    case "radiusports":
      return r.pick(["1812", "1812,1813", "0", "abc", "1,2,3", "70000abc", "1 2", ","]);
    default:
      return r.pick(["x", "uid", "dc=example,dc=net", "cn=", "EXAMPLE.COM", "https://id.example.com"]);
  }
}

function ldapUrl(r: Random): string {
  const maybe = (texts: readonly [string, ...string[]]): string => (r.chance(0.6) ? r.pick(texts) : "");
  const scheme = r.pick([
    "ldap://",
    "ldap://",
    "ldaps://",
    "LDAP://",
    "ldapi://",
    "URL:ldap://",
    "http://",
    "<ldap://",
  ]);
  const host = maybe([
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
  ]);
  const parts = [
    maybe(["dc=x", "dc=x%2Cdc=y", "dc=%zz", "a/b"]),
    maybe(["uid", "uid,cn", ",uid"]),
    maybe(["one", "sub", "base", "SUB", "foo", "children"]),
    maybe(["(a=b)", "%28a=b)", "%zz"]),
    maybe(["e", "!e", ","]),
  ];
  const path = r.chance(0.85) ? `/${parts.slice(0, 1 + r.below(5)).join("?")}` : "";
  return `${scheme}${host}${path}${scheme.startsWith("<") && r.chance(0.7) ? ">" : ""}`;
}

function pickOf(r: Random, items: readonly string[]): string {
  return items[r.below(items.length)] ?? "";
}
