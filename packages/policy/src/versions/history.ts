import type { Dialect } from "./dialect.ts";

/** From which release on a value holds; see `isFrom`. Of several that hold, the last one. */
export type History<T> = readonly (readonly [since: string, value: T])[];

const longLines = 20_478;
const longTokens = 10_239;

const methods10 = [
  "trust",
  "reject",
  "scram-sha-256",
  "md5",
  "password",
  "gss",
  "sspi",
  "ident",
  "peer",
  "ldap",
  "radius",
  "cert",
  "pam",
  "bsd",
] as const;

const options10: readonly string[] = [
  "map",
  "clientcert",
  "include_realm",
  "krb_realm",
  "compat_realm",
  "upn_username",
  "pamservice",
  "pam_use_hostname",
  "ldapurl",
  "ldapserver",
  "ldapport",
  "ldaptls",
  "ldapprefix",
  "ldapsuffix",
  "ldapbasedn",
  "ldapbinddn",
  "ldapbindpasswd",
  "ldapsearchattribute",
  "radiusservers",
  "radiussecrets",
  "radiusports",
  "radiusidentifiers",
];
const options11 = [...options10, "ldapscheme", "ldapsearchfilter"];
const options14 = [...options11, "clientname"];
const options18 = [...options14, "issuer", "scope", "validator", "delegate_ident_mapping"];

const clientcert14 = [
  ["verify-ca", "verify-ca"],
  ["verify-full", "verify-full"],
] as const;

function certRefusesOff(words: string): Dialect["certRefuses"] {
  const text = `clientcert ${words} when using "cert" authentication`;
  return { value: "off", shown: text, logged: text };
}

const ldapSearchOptions = (filter: string): string =>
  `cannot use ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, ${filter}or ldapurl together with ldapprefix`;

/** What changed, and with which release: every difference between the versions of PostgreSQL that this package knows. */
export const history: { readonly [Name in keyof Dialect]: History<Dialect[Name]> } = {
  continuation: [
    ["10", false],
    ["14", true],
  ],
  // The limits grew in the releases of August 2023, asked on both sides: 11.20 and 11.21, 15.3 and 15.4.
  longestLine: [
    ["10", 8190],
    ["11.21", longLines],
    ["12.16", longLines],
    ["13.12", longLines],
    ["14", null],
  ],
  readErrorCounts: [
    ["10", true],
    ["14", false],
  ],
  carriageReturnIsBlank: [
    ["10", true],
    ["19", false],
  ],
  longestToken: [
    ["10", 255],
    ["11.21", longTokens],
    ["12.16", longTokens],
    ["13.12", longTokens],
    ["14.9", longTokens],
    ["15.4", longTokens],
    ["16", null],
  ],
  includes: [
    ["10", false],
    ["16", true],
  ],
  // Before 16 nothing stops files that include each other but the server's last file descriptor.
  deepestFile: [
    ["10", 100],
    ["16", 10],
  ],
  includeError: [
    [
      "10",
      ({ name, path }, reason) =>
        `could not open secondary authentication file "@${name}" as "${path}": ${reason}`,
    ],
    ["16", ({ path }, reason) => `could not open file "${path}": ${reason}`],
  ],
  dotsResolved: [
    ["10", false],
    ["15", true],
  ],
  mainFile: [
    ["10", { hba: "configuration file", ident: "usermap file" }],
    ["16", { hba: "file", ident: "file" }],
  ],
  everyErrorHasContext: [
    ["10", false],
    ["16", true],
  ],
  connectionTypes: [
    ["10", ["local", "host", "hostssl", "hostnossl"]],
    ["12", ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"]],
  ],
  methods: [
    ["10", methods10],
    ["18", [...methods10, "oauth"]],
    ["19", [...methods10.filter((method) => method !== "radius"), "oauth"]],
  ],
  namePatterns: [
    ["10", false],
    ["16", true],
  ],
  gssencNeedsGss: [
    ["10", false],
    ["12.0", true],
    ["12.6", false],
    ["13.0", true],
    ["13.2", false],
  ],
  sslOffHint: [
    ["10", "Set ssl = on in postgresql.conf."],
    ["17", 'Set "ssl = on" in postgresql.conf.'],
  ],
  noGssHint: [
    ["10", null],
    ["12", "Compile with --with-gssapi to use GSSAPI connections."],
    ["15", null],
  ],
  userNamespaces: [
    ["10", true],
    ["17", false],
  ],
  options: [
    ["10", options10],
    ["11", options11],
    ["14", options14],
    ["18", options18],
    ["19", options18.filter((name) => !name.startsWith("radius"))],
  ],
  validatorOptions: [
    ["10", false],
    ["19", true],
  ],
  clientcert: [
    ["10", { words: new Map([["1", "true"]]), other: "off" }],
    [
      "12",
      {
        words: new Map([...clientcert14, ["1", "verify-ca"], ["0", "off"], ["no-verify", "off"]]),
        other: null,
      },
    ],
    ["14", { words: new Map(clientcert14), other: null }],
  ],
  certRefuses: [
    ["10", certRefusesOff("can not be set to 0")],
    ["12", certRefusesOff('can not be set to "no-verify"')],
    ["13", certRefusesOff('cannot be set to "no-verify"')],
    [
      "14",
      {
        value: "verify-ca",
        shown: 'clientcert can only be set to "verify-full" when using "cert" authentication',
        logged: 'clientcert only accepts "verify-full" when using "cert" authentication',
      },
    ],
  ],
  certSets: [
    ["10", "true"],
    ["12", "verify-ca"],
    // 12.8 had the one and 12.10 the other; 12.9 was not asked.
    ["12.9", "verify-full"],
    ["13", "verify-full"],
  ],
  ldapServerRequired: [
    ["10", true],
    ["12", false],
  ],
  ldapMixedModes: [
    ["10", ldapSearchOptions("")],
    ["11", ldapSearchOptions("ldapsearchfilter, ")],
    ["18", "cannot mix options for simple bind and search+bind modes"],
  ],
  ldapsUrls: [
    ["10", false],
    ["11", true],
  ],
  ldapUrlFilters: [
    ["10", false],
    ["11", true],
  ],
  ldapSchemeShown: [
    ["10", false],
    ["13.19", true],
    ["14.16", true],
    ["15.11", true],
    ["16.7", true],
    ["17.3", true],
    ["18", true],
  ],
  ldapRebinds: [
    ["10", false],
    ["17", true],
  ],
  ldapDiagnosticsLogged: [
    ["10", false],
    ["11", true],
  ],
  verticalTabIsBlank: [
    ["10", false],
    ["17", true],
  ],
  radiusCountsShown: [
    ["10", false],
    ["14", true],
  ],
  oauthWords: [
    [
      "10",
      {
        noLibraries: "oauth_validator_libraries must be set for authentication method oauth",
        severalLibraries:
          'authentication method "oauth" requires argument "validator" to be set when oauth_validator_libraries contains multiple options',
        libraries: "oauth_validator_libraries",
      },
    ],
    [
      "19",
      {
        noLibraries: 'parameter "oauth_validator_libraries" must be set for authentication method "oauth"',
        severalLibraries:
          'authentication method "oauth" requires option "validator" to be set when "oauth_validator_libraries" contains multiple options',
        libraries: '"oauth_validator_libraries"',
      },
    ],
  ],
  oauthReasonWithFailure: [
    ["10", false],
    ["19", true],
  ],
  viewNumbers: [
    ["10", false],
    ["16", true],
  ],
  identView: [
    ["10", false],
    ["15", true],
  ],
  loadNamesPath: [
    ["10", false],
    ["16", true],
  ],
  missingEntryNamesFile: [
    ["10", true],
    ["16", false],
  ],
  wordClass: [
    ["10", false],
    ["14", true],
  ],
  complementsInBrackets: [
    ["10", false],
    ["14", true],
  ],
  complementsMatchNewline: [
    ["10", false],
    ["14", true],
  ],
  wordEscapeIsText: [
    ["10", true],
    ["14", false],
  ],
  referencesKeepConstraints: [
    ["10", true],
    ["14", false],
  ],
  encryptionWords: [
    ["10", { none: "SSL off", ssl: "SSL on", gss: "GSS encryption", onlyWithSsl: true }],
    ["12", { none: "SSL off", ssl: "SSL on", gss: "GSS encryption", onlyWithSsl: false }],
    ["14", { none: "no encryption", ssl: "SSL encryption", gss: "GSS encryption", onlyWithSsl: false }],
  ],
  logicalIsReplication: [
    ["10", true],
    ["14", false],
  ],
  matchedFileNamed: [
    ["10", false],
    ["16", true],
  ],
  walSenderRefused: [
    ["10", "must be superuser or replication role to start walsender"],
    ["16", "permission denied to start WAL sender"],
  ],
  passwordEncryption: [
    ["10", "md5"],
    ["14", "scram-sha-256"],
  ],
  mapKeywords: [
    ["10", false],
    ["16", true],
  ],
  everyBackReference: [
    ["10", false],
    ["19", true],
  ],
};
