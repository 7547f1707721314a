import type { Wanted } from "./wanted.ts";

/** The text of an error column, with `%` for what differs from line to line. */
export interface ErrorText extends Wanted {
  /** Only the log has it: the view shows a row without columns and without error. */
  readonly silent?: true;
}

function texts(where: Omit<ErrorText, "name">, ...names: readonly string[]): ErrorText[] {
  return names.map((name) => Object.assign({ name }, where));
}

const required = 'authentication method "%" requires argument "%" to be set';
const only = "is only valid for authentication methods";

/** Of files and what they include. */
const includes: readonly ErrorText[] = [
  ...texts(
    { since: 16 },
    'could not open file "%": No such file or directory',
    'could not open file "%": Permission denied',
    'could not open file "%": Not a directory',
    'could not open file "%": File name too long',
    'could not open file "%": Too many levels of symbolic links',
    'could not open file "%": maximum nesting depth exceeded',
    'could not open file "%": %\ncould not open file "%": %',
    "empty configuration directory name",
    'could not open directory "%"',
    'could not stat file "%"',
  ),
  ...texts(
    { until: 15 },
    'could not open secondary authentication file "@%" as "%": No such file or directory',
    'could not open secondary authentication file "@%" as "%": Permission denied',
    'could not open secondary authentication file "@%" as "%": Not a directory',
    'could not open secondary authentication file "@%" as "%": File name too long',
    'could not open secondary authentication file "@%" as "%": Too many levels of symbolic links',
    "authentication file token too long",
  ),
  ...texts({ until: 13 }, 'could not read file "%": %', "authentication file line too long"),
];

/** Of the columns, in the order in which they are read. */
const columns: readonly ErrorText[] = [
  ...texts(
    {},
    "multiple values specified for connection type",
    'invalid connection type "%"',
    "end-of-line before database specification",
    "end-of-line before role specification",
    "end-of-line before IP address specification",
    "multiple values specified for host address",
    'specifying both host name and CIDR mask is invalid: "%"',
    'invalid CIDR mask in address "%"',
    "end-of-line before netmask specification",
    "multiple values specified for netmask",
    'invalid IP mask "%": Name or service not known',
    "IP address and mask do not match",
    "end-of-line before authentication method",
    "multiple values specified for authentication type",
    'invalid authentication method "%": not supported by this build',
    'invalid authentication method "%"',
    "peer authentication is only supported on local sockets",
    "cert authentication is only supported on hostssl connections",
    "hostssl record cannot match because SSL is disabled",
  ),
  { name: "gssapi authentication is not supported on local sockets", needs: "gssapi" },
  {
    name: "hostgssenc record cannot match because GSSAPI is not supported by this build",
    since: 12,
    lacks: "gssapi",
  },
  {
    name: "hostssl record cannot match because SSL is not supported by this build",
    lacks: "ssl",
  },
  {
    name: "local connections are not supported by this build",
    until: 15,
    unreachable: "Linux has Unix-domain sockets",
  },
  {
    name: 'invalid IP address "%": %',
    unreachable: "of a number the C library says nothing else than that it knows no such name",
  },
  {
    name: "GSSAPI encryption only supports gss, trust, or reject authentication",
    since: 12,
    until: 13,
    unreachable: "only in 12.0 to 12.5 and 13.0 to 13.1",
  },
  {
    name: 'MD5 authentication is not supported when "db_user_namespace" is enabled',
    until: 16,
  },
];

const options: readonly ErrorText[] = [
  ...texts(
    {},
    "authentication option not in name=value format: %",
    'unrecognized authentication option name: "%"',
    'clientcert can only be configured for "hostssl" rows',
    `authentication option "krb_realm" ${only} gssapi and sspi`,
    `authentication option "include_realm" ${only} gssapi and sspi`,
    `authentication option "compat_realm" ${only} sspi`,
    `authentication option "upn_username" ${only} sspi`,
    `authentication option "pam%" ${only} pam`,
    `authentication option "ldap%" ${only} ldap`,
  ),
  { name: `authentication option "map" ${only} ident, peer, gssapi, sspi, and cert`, until: 17 },
  { name: `authentication option "map" ${only} ident, peer, gssapi, sspi, cert, and oauth`, since: 18 },
  { name: 'clientname can only be configured for "hostssl" rows', since: 14 },
  {
    name: 'clientcert can only be set to "verify-full" when using "cert" authentication',
    since: 14,
    needs: "ssl",
  },
  { name: 'clientcert can not be set to "no-verify" when using "cert" authentication', since: 12, until: 12 },
  { name: 'clientcert cannot be set to "no-verify" when using "cert" authentication', since: 13, until: 13 },
  { name: 'clientcert can not be set to 0 when using "cert" authentication', until: 11 },
  { name: 'invalid value for clientcert: "%"', since: 12, silent: true },
  { name: 'invalid value for clientname: "%"', since: 14, silent: true },
];

const ldap: readonly ErrorText[] = [
  ...texts(
    { needs: "ldap" },
    'invalid LDAP port number: "%"',
    'authentication method "ldap" requires argument "ldapbasedn", "ldapprefix", or "ldapsuffix" to be set',
    'could not parse LDAP URL "%": Time limit exceeded',
    'could not parse LDAP URL "%": Size limit exceeded',
    'could not parse LDAP URL "%": Compare False',
    'could not parse LDAP URL "%": Strong(er) authentication required',
    'could not parse LDAP URL "%": Partial results and referral received',
    'could not parse LDAP URL "%": Referral',
    "unsupported LDAP URL scheme: %",
  ),
  { name: "cannot use ldapsearchattribute together with ldapsearchfilter", since: 11, needs: "ldap" },
  { name: "cannot mix options for simple bind and search+bind modes", since: 18, needs: "ldap" },
  {
    name: "cannot use ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, ldapsearchfilter, or ldapurl together with ldapprefix",
    since: 11,
    until: 17,
    needs: "ldap",
  },
  {
    name: "cannot use ldapbasedn, ldapbinddn, ldapbindpasswd, ldapsearchattribute, or ldapurl together with ldapprefix",
    until: 10,
    needs: "ldap",
  },
  { name: "filters not supported in LDAP URLs", until: 10, needs: "ldap" },
  {
    name: required.replace("%", "ldap").replace("%", "ldapserver"),
    needs: "ldap",
    unreachable: "since 12 only with an LDAP library other than OpenLDAP",
  },
  {
    name: "LDAP URLs not supported on this platform",
    unreachable: "only with an LDAP library other than OpenLDAP",
  },
];

const counted = "must be 1 or the same as the number of RADIUS servers (%)";

const radius: readonly ErrorText[] = [
  ...texts(
    { until: 18 },
    `authentication option "radius%" ${only} radius`,
    required.replace("%", "radius").replace("%", "radiusservers"),
    required.replace("%", "radius").replace("%", "radiussecrets"),
    'invalid RADIUS port number: "%"',
  ),
  ...["secrets", "ports", "identifiers"].flatMap((list): ErrorText[] => [
    { name: `the number of RADIUS ${list} (%) ${counted}`, since: 14, until: 18 },
    { name: `the number of RADIUS ${list} (%) ${counted}`, until: 13, silent: true },
  ]),
  ...texts(
    { until: 18, silent: true },
    'invalid RADIUS port number: "%"',
    'could not parse RADIUS server list "%"',
    "could not parse RADIUS secret list%",
    'could not parse RADIUS identifiers list "%"',
    'could not translate RADIUS server name "%" to address: Name or service not known',
  ),
  ...texts(
    { until: 18, unreachable: "an empty list counts as not set" },
    "list of RADIUS servers cannot be empty",
    "list of RADIUS secrets cannot be empty",
  ),
];

const libraries = "oauth_validator_libraries";

const oauth: readonly ErrorText[] = [
  ...texts(
    { since: 18 },
    `authentication option "issuer" ${only} oauth`,
    `authentication option "scope" ${only} oauth`,
    `authentication option "validator" ${only} oauth`,
    `authentication option "delegate_ident_mapping" ${only} oauth`,
    required.replace("%", "oauth").replace("%", "scope"),
    required.replace("%", "oauth").replace("%", "issuer"),
    `invalid list syntax in parameter "${libraries}"`,
    "map cannot be used in combination with delegate_ident_mapping",
  ),
  ...texts(
    { since: 18, until: 18 },
    `${libraries} must be set for authentication method oauth`,
    `${required.replace("%", "oauth").replace("%", "validator")} when ${libraries} contains multiple options`,
    `validator "%" is not permitted by ${libraries}`,
  ),
  ...texts(
    { since: 19 },
    `parameter "${libraries}" must be set for authentication method "oauth"`,
    `authentication method "oauth" requires option "validator" to be set when "${libraries}" contains multiple options`,
    `validator "%" is not permitted by "${libraries}"`,
    `authentication option "validator.%" ${only} oauth`,
  ),
  { name: 'invalid OAuth validator option name: "%"', since: 19, silent: true },
];

const mappings: readonly ErrorText[] = texts(
  {},
  "multiple values in ident field",
  "missing entry at end of line",
);

/** In `pg_hba.conf` since 16, of system users always. */
const regexes: readonly ErrorText[] = [
  ...[
    "parentheses () not balanced",
    "brackets [] not balanced",
    "braces {} not balanced",
    "invalid repetition count(s)",
    "quantifier operand invalid",
    String.raw`invalid escape \ sequence`,
    "invalid backreference number",
    "invalid character range",
    "invalid character class",
    "invalid collating element",
    "invalid embedded option",
    "invalid regexp (reg version 0.8)",
  ].map((reason) => ({ name: `invalid regular expression "%": ${reason}` })),
  ...["out of memory", "too many colors", "invalid argument to regex function"].map((reason) => ({
    name: `invalid regular expression "%": ${reason}`,
    unreachable: "the engine says it of itself, not of a pattern",
  })),
  {
    name: 'invalid regular expression "%": regular expression is too complex',
    unreachable: "its boundary is the engine's own; counted where it happens",
  },
];

/** Every text that the error columns of both views can hold, the longer of two that fit alike first. */
export const errorTexts: readonly ErrorText[] = [
  ...includes.toReversed(),
  ...columns,
  ...options,
  ...ldap,
  ...radius,
  ...oauth,
  ...mappings,
  ...regexes,
];
