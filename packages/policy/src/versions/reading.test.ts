import { describe, expect, test } from "vitest";
import { parsePolicy } from "../policy.ts";
import type { Reading } from "../policy.ts";
import { serverProfile } from "../profile.ts";
import type { ProfileOptions } from "../profile.ts";
import { hbaFileRules, identFileMappings } from "../views.ts";

/** Files that stand beside the two; a directory is what opens and cannot be read. */
const beside: Readonly<Record<string, { bytes: string; readError?: { code: string; reason: string } }>> = {
  "/d/list": { bytes: "ann\nbob\n" },
  "/d/more.conf": { bytes: "local x y reject\n" },
  "/d/self": { bytes: "@self\n" },
  "/d/dir": { bytes: "", readError: { code: "EISDIR", reason: "Is a directory" } },
};

interface Asked extends ProfileOptions {
  readonly hba?: string;
  readonly ident?: string;
}

function read(version: string, { hba, ident, ...options }: Asked): Reading {
  const profile = serverProfile({ version, ...options });
  if ("error" in profile) throw new Error(profile.error);
  const missing = { openError: { code: "ENOENT", reason: "No such file or directory" } };
  const file = (bytes: string | undefined) => (bytes === undefined ? missing : { bytes });
  const files = new Map<string, { bytes: string } | typeof missing>([
    ["/d/hba", file(hba)],
    ["/d/ident", file(ident)],
    ["/d/none", missing],
    ...Object.entries(beside),
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  return parsePolicy({ hbaFileName: "/d/hba", identFileName: "/d/ident", profile }, disk);
}

/** What a line of pg_hba.conf comes to in each of these versions: the view's error, `silent`, or its last columns. */
function shown(line: string, versions: readonly string[], options: ProfileOptions = {}): unknown[] {
  return versions.map((version) => {
    const { hba } = read(version, { hba: `${line}\n`, ...options });
    const [row] = hbaFileRules(hba);
    if (row?.error !== null || row.type === null) return row?.error ?? "silent";
    return row.options ?? row.auth_method;
  });
}

describe("pg_hba.conf", () => {
  test.each<[line: string, expected: Readonly<Record<string, unknown>>, options?: ProfileOptions]>([
    ["hostgssenc all all all trust", { 11: 'invalid connection type "hostgssenc"', 12: "trust" }],
    ["hostnogssenc all all all trust", { 11: 'invalid connection type "hostnogssenc"', 12: "trust" }],
    ["include more.conf", { 15: 'invalid connection type "include"', 16: "reject" }],
    [
      "hostgssenc all all all md5",
      {
        "12.5": "GSSAPI encryption only supports gss, trust, or reject authentication",
        "12.6": "md5",
        "13.1": "GSSAPI encryption only supports gss, trust, or reject authentication",
        "13.2": "md5",
      },
    ],
    ["hostgssenc all all all gss", { "12.5": ["include_realm=true"] }],
    ["local all all foo", { 10: 'invalid authentication method "foo"' }],
    ["local all all oauth", { 17: 'invalid authentication method "oauth"' }],
    [
      "local all all radius",
      {
        18: 'authentication method "radius" requires argument "radiusservers" to be set',
        19: 'invalid authentication method "radius"',
      },
    ],
    [
      "local all all trust radiusservers=a",
      {
        18: 'authentication option "radiusservers" is only valid for authentication methods radius',
        19: 'unrecognized authentication option name: "radiusservers"',
      },
    ],
    [
      "local all all trust map=m",
      {
        17: 'authentication option "map" is only valid for authentication methods ident, peer, gssapi, sspi, and cert',
        18: 'authentication option "map" is only valid for authentication methods ident, peer, gssapi, sspi, cert, and oauth',
      },
    ],
    [
      "hostssl all all all trust clientname=DN",
      { 13: 'unrecognized authentication option name: "clientname"', 14: "trust" },
    ],
    ["local all all trust issuer=x", { 17: 'unrecognized authentication option name: "issuer"' }],
    [
      "local all all md5",
      { 16: 'MD5 authentication is not supported when "db_user_namespace" is enabled', 17: "md5" },
      { settings: { db_user_namespace: true } },
    ],
    [
      "local all @none trust",
      { 15: secondary("none", "none"), 16: 'could not open file "/d/none": No such file or directory' },
    ],
    ["local all @x/../list trust", { 15: "trust" }],
    ["local all @./list trust", { 14: "trust" }],
    [
      "local all @dir trust",
      { 13: 'could not read file "/d/dir": Is a directory', 14: "end-of-line before authentication method" },
    ],
    [
      "local all @self trust",
      {
        15: 'could not open secondary authentication file "@self" as "/d/self": maximum nesting depth exceeded',
        16: 'could not open file "/d/self": maximum nesting depth exceeded',
      },
    ],
  ])("%s", (line, expected, options) => {
    expect(shown(line, Object.keys(expected), options)).toEqual(Object.values(expected));
  });

  test("a slash makes a regular expression from 16 on", () => {
    const kinds = ["15", "16"].map((version) => {
      const [rule] = read(version, { hba: "local /a /b trust\n", ident: "" }).hba.rules;
      return [rule?.databases[0]?.kind, rule?.users[0]?.kind];
    });
    expect(kinds).toEqual([
      ["literal", "literal"],
      ["regex", "regex"],
    ]);
  });

  const silent = "silent";
  test.each<[option: string, expected: Readonly<Record<string, unknown>>]>([
    ["1", { 11: ["clientcert=true"], 12: ["clientcert=verify-ca"], 14: silent }],
    ["verify-ca", { 11: "trust", 12: ["clientcert=verify-ca"], 14: ["clientcert=verify-ca"] }],
    ["verify-full", { 11: "trust", 12: ["clientcert=verify-full"], 14: ["clientcert=verify-full"] }],
    ["0", { 11: "trust", 12: "trust", 14: silent }],
    ["no-verify", { 11: "trust", 12: "trust", 14: silent }],
    ["on", { 11: "trust", 12: silent, 14: silent }],
    ["verify-ca clientcert=0", { 11: "trust", 12: "trust" }],
  ])("clientcert=%s", (option, expected) => {
    const line = `hostssl all all all trust clientcert=${option}`;
    expect(shown(line, Object.keys(expected))).toEqual(Object.values(expected));
  });

  test.each<[options: string, expected: Readonly<Record<string, unknown>>]>([
    [
      "",
      {
        11: ["clientcert=true"],
        "12.8": ["clientcert=verify-ca"],
        "12.10": ["clientcert=verify-full"],
        13: ["clientcert=verify-full"],
      },
    ],
    [
      "clientcert=0",
      {
        11: 'clientcert can not be set to 0 when using "cert" authentication',
        12: 'clientcert can not be set to "no-verify" when using "cert" authentication',
        13: 'clientcert cannot be set to "no-verify" when using "cert" authentication',
        14: silent,
      },
    ],
    [
      "clientcert=verify-ca",
      {
        11: 'clientcert can not be set to 0 when using "cert" authentication',
        12: ["clientcert=verify-full"],
        14: 'clientcert can only be set to "verify-full" when using "cert" authentication',
      },
    ],
  ])("cert %s", (options, expected) => {
    expect(shown(`hostssl all all all cert ${options}`, Object.keys(expected))).toEqual(
      Object.values(expected),
    );
  });

  const needsServer = 'authentication method "ldap" requires argument "ldapserver" to be set';
  test.each<[options: string, expected: Readonly<Record<string, unknown>>]>([
    ["ldapprefix=a", { 11: needsServer, 12: ["ldapprefix=a", "ldapscope=2"] }],
    [
      "ldapserver=h ldapprefix=a ldapbasedn=b",
      {
        10: "cannot use ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, or ldapurl together with ldapprefix",
        11: "cannot use ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, ldapsearchfilter, or ldapurl together with ldapprefix",
        18: "cannot mix options for simple bind and search+bind modes",
      },
    ],
    ["ldapscheme=ldaps", { 10: 'unrecognized authentication option name: "ldapscheme"' }],
    ["ldapsearchfilter=x", { 10: 'unrecognized authentication option name: "ldapsearchfilter"' }],
    [
      "ldapurl=ldaps://h/b",
      {
        10: "unsupported LDAP URL scheme: ldaps",
        11: ["ldapserver=h", "ldapport=636", "ldapbasedn=b"],
        "13.18": ["ldapserver=h", "ldapport=636", "ldapbasedn=b"],
        "13.19": ["ldapserver=h", "ldapport=636", "ldapscheme=ldaps", "ldapbasedn=b"],
      },
    ],
    [
      "ldapurl=ldap://h/b???(a=b)",
      {
        10: "filters not supported in LDAP URLs",
        11: ["ldapserver=h", "ldapport=389", "ldapbasedn=b", "ldapsearchfilter=(a=b)"],
      },
    ],
  ])("ldap %s", (options, expected) => {
    expect(shown(`local all all ldap ${options}`, Object.keys(expected))).toEqual(Object.values(expected));
  });

  test("numbers of RADIUS secrets are told in the view from 14 on, and in the log before", () => {
    const line = 'local all all radius radiusservers=::1 "radiussecrets=""a"",""b"""';
    const text = "the number of RADIUS secrets (2) must be 1 or the same as the number of RADIUS servers (1)";
    expect(shown(line, ["13", "14"])).toEqual([silent, text]);
    expect(read("13", { hba: line, ident: "" }).problems).toMatchObject([{ text }]);
  });

  test("a vertical tab is a blank in lists from 17 on", () => {
    const line = 'local all all radius radiusservers=::1 "radiussecrets=a\v""b"""';
    expect(shown(line, ["16", "17"])).toEqual([["radiusservers=::1", 'radiussecrets=a\v"b"'], silent]);
  });

  const oauth = (libraries: string): ProfileOptions => ({
    settings: { oauth_validator_libraries: libraries },
  });
  test.each<[options: string, libraries: string, expected: readonly [unknown, unknown]]>([
    [
      "",
      "",
      [
        "oauth_validator_libraries must be set for authentication method oauth",
        'parameter "oauth_validator_libraries" must be set for authentication method "oauth"',
      ],
    ],
    [
      "",
      "a,b",
      [
        'authentication method "oauth" requires argument "validator" to be set when oauth_validator_libraries contains multiple options',
        'authentication method "oauth" requires option "validator" to be set when "oauth_validator_libraries" contains multiple options',
      ],
    ],
    [
      "validator=c",
      "a",
      [
        'validator "c" is not permitted by oauth_validator_libraries',
        'validator "c" is not permitted by "oauth_validator_libraries"',
      ],
    ],
    [
      "validator.a-Z_9=",
      "a",
      ['unrecognized authentication option name: "validator.a-Z_9"', ["issuer=i", "scope=s", "validator=a"]],
    ],
    ["validator.=x", "a", ['unrecognized authentication option name: "validator."', silent]],
    ["validator.a.b=x", "a", ['unrecognized authentication option name: "validator.a.b"', silent]],
  ])("oauth %s, of the libraries %j, in 18 and 19", (options, libraries, expected) => {
    const line = `local all all oauth issuer=i scope=s ${options}`;
    expect(shown(line, ["18", "19"], oauth(libraries))).toEqual(expected);
  });

  test("an option for a validator belongs to oauth, malformed or not", () => {
    expect(shown("local all all trust validator.=x", ["19"])).toEqual([
      'authentication option "validator." is only valid for authentication methods oauth',
    ]);
  });
});

test("the columns of the views", () => {
  const files = { hba: "local all all trust\n", ident: "m os /role\n" };
  const columns = ["15", "16"].map((version) => {
    const { hba, ident } = read(version, files);
    const [rule, mapping] = [hbaFileRules(hba)[0], ident && identFileMappings(ident)[0]];
    return [rule, mapping].map((row) => Object.keys(row ?? {}).slice(0, 3));
  });
  expect(columns).toEqual([
    [
      ["line_number", "type", "database"],
      ["line_number", "map_name", "sys_name"],
    ],
    [
      ["rule_number", "file_name", "line_number"],
      ["map_number", "file_name", "line_number"],
    ],
  ]);
});

describe("pg_ident.conf", () => {
  test("the last column is a plain name up to 15", () => {
    const kinds = ["15", "16"].map((version) =>
      read(version, { hba: "", ident: "m /os all\nm os +a\nm os /a\n" }).ident?.mappings.map(
        ({ systemUser, databaseUser }) => [systemUser.kind, databaseUser.kind],
      ),
    );
    expect(kinds).toEqual([
      [
        ["regex", "literal"],
        ["literal", "literal"],
        ["literal", "literal"],
      ],
      [
        ["regex", "all"],
        ["literal", "member"],
        ["literal", "regex"],
      ],
    ]);
  });
});

describe("the log", () => {
  /** Each message, and the numbers of the lines in its CONTEXT. */
  function logged(version: string, files: Asked): unknown[] {
    const { problems } = read(version, files);
    return problems.map(({ text, hint, context }) => {
      const said: (string | number)[] = hint === undefined ? [text] : [text, hint];
      return said.concat(context.map(({ number }) => number));
    });
  }

  test.each<[version: string, files: Asked, expected: readonly unknown[]]>([
    [
      "15",
      {},
      [
        ['could not open configuration file "/d/hba": No such file or directory'],
        ['could not open usermap file "/d/ident": No such file or directory'],
      ],
    ],
    [
      "16",
      {},
      [
        ['could not open file "/d/hba": No such file or directory'],
        ['could not open file "/d/ident": No such file or directory'],
      ],
    ],
    ["15", { hba: "local all @none trust", ident: "" }, [[secondary("none", "none")]]],
    [
      "16",
      { hba: "local all @none trust", ident: "" },
      [['could not open file "/d/none": No such file or directory', 1]],
    ],
    ["13", { hba: "local all @dir trust", ident: "" }, [['could not read file "/d/dir": Is a directory']]],
    [
      "10",
      { hba: `local ${"x".repeat(256)} all trust`, ident: "" },
      [[`authentication file token too long, skipping: "${"x".repeat(255)}"`]],
    ],
    ["10", { hba: `#${"x".repeat(8190)}`, ident: "" }, [["authentication file line too long", 1]]],
    ["15", { hba: "local all all foo", ident: "" }, [['invalid authentication method "foo"', 1]]],
    [
      "15",
      { hba: "local all all trust", ident: "\nm os\nm a,b c\nm /( x\n" },
      [
        ['missing entry in file "/d/ident" at end of line 2'],
        ["multiple values in ident field", 3],
        ['invalid regular expression "(": parentheses () not balanced'],
      ],
    ],
    [
      "16",
      { hba: "local all all trust", ident: "\nm os\nm a,b c\nm /( x\n" },
      [
        ["missing entry at end of line", 2],
        ["multiple values in ident field", 3],
        ['invalid regular expression "(": parentheses () not balanced', 4],
      ],
    ],
    [
      "16",
      { hba: "hostssl all all all trust", ident: "", settings: { ssl: false } },
      [["hostssl record cannot match because SSL is disabled", "Set ssl = on in postgresql.conf.", 1]],
    ],
    [
      "17",
      { hba: "hostssl all all all trust", ident: "", settings: { ssl: false } },
      [["hostssl record cannot match because SSL is disabled", 'Set "ssl = on" in postgresql.conf.', 1]],
    ],
    [
      "14",
      { hba: "hostgssenc all all all trust", ident: "", without: ["gssapi"] },
      [
        [
          "hostgssenc record cannot match because GSSAPI is not supported by this build",
          "Compile with --with-gssapi to use GSSAPI connections.",
          1,
        ],
      ],
    ],
    [
      "15",
      { hba: "hostgssenc all all all trust", ident: "", without: ["gssapi"] },
      [["hostgssenc record cannot match because GSSAPI is not supported by this build", 1]],
    ],
  ])("of %s", (version, files, expected) => {
    expect(logged(version, files)).toEqual(expected);
  });
});

function secondary(name: string, path: string): string {
  return `could not open secondary authentication file "@${name}" as "/d/${path}": No such file or directory`;
}
