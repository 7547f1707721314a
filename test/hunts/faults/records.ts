import type { Fault } from "./fault.ts";

/** Of addresses, records and their options. */
export const recordFaults: readonly Fault[] = [
  {
    name: "the address is read before the users",
    file: "hba/parse.ts",
    find: `  if (isMistake(users)) return users;

  const address = type.word === "local" ? null : parseAddress([fields[3], fields[4]], whole, context.asker);
  if (isMistake(address)) return address;`,
    replace: `
  const address = type.word === "local" ? null : parseAddress([fields[3], fields[4]], whole, context.asker);
  if (isMistake(address)) return address;
  if (isMistake(users)) return users;`,
    by: ["views"],
  },
  {
    name: "a mask of IPv4 goes with an address of IPv6",
    file: "hba/address.ts",
    find: "mask.length !== ip.length",
    replace: "mask.length > ip.length",
    by: ["views"],
  },
  {
    name: "010 is 10 in an address",
    file: "ip.ts",
    find: ", 8) : ",
    replace: ", 10) : ",
    by: ["views", "decisions"],
  },
  {
    name: "a prefix length has no sign and no blank",
    file: "hba/address.ts",
    find: 'digits && rest === ""',
    replace: 'digits && /^[0-9]+$/.test(text) && rest === ""',
    by: ["views"],
  },
  {
    name: "a host name may have a slash in it",
    file: "hba/address.ts",
    find: 'if (slash < 0) return { pattern: { kind: "hostname"',
    replace: 'if (slash !== 0) return { pattern: { kind: "hostname"',
    by: ["views"],
  },
  {
    name: ":: may stand for no group at all",
    file: "ip.ts",
    find: "missing < 2",
    replace: "missing < 0",
    by: ["views"],
  },
  {
    name: "ident stays ident on local lines",
    file: "hba/parse.ts",
    find: 'local && found.method === "ident" ? "peer" : found.method',
    replace: "found.method",
    by: ["views"],
  },
  {
    name: "a line whose mistake only the log tells has no rule number",
    file: "hba/file.ts",
    find: "parsed.error === null ? found.nextNumber : null",
    replace: "parsed.rule !== null ? found.nextNumber : null",
    by: ["views"],
  },
  {
    name: "clientcert goes with every line of TCP",
    file: "hba/options/parse.ts",
    find: 'if (type !== "hostssl") return',
    replace: 'if (type === "local") return',
    by: ["views"],
  },
  {
    name: "verify-full is verify-ca",
    file: "versions/history.ts",
    find: '["verify-full", "verify-full"],',
    replace: '["verify-full", "verify-ca"],',
    by: ["views"],
  },
  {
    name: "secrets are missed before servers",
    file: "hba/options/radius.ts",
    find: `    ["radiusservers", servers],
    ["radiussecrets", count(options.radiusSecrets)],`,
    replace: `    ["radiussecrets", count(options.radiusSecrets)],
    ["radiusservers", servers],`,
    by: ["views"],
  },
  {
    name: "one secret serves one server only",
    file: "hba/options/radius.ts",
    find: "items > 1 && items !== servers",
    replace: "items > 0 && items !== servers",
    by: ["views"],
  },
  {
    name: "a port of more than 32 bits is none",
    file: "hba/c-numbers.ts",
    find: "Number(BigInt.asIntN(32, strtol(text).value))",
    replace: "Number(strtol(text).value)",
    by: ["views"],
  },
  {
    name: "what is bare in a list may have a quote in front",
    file: "hba/options/guc-list.ts",
    find: '[^",$',
    replace: "[^,$",
    by: ["views"],
  },
  {
    name: "`on` is true",
    file: "hba/options/table.ts",
    find: 'draft[name] = value === "1";',
    replace: 'draft[name] = value === "1" || value === "on";',
    by: ["views"],
    major: 15,
    build: "debian",
  },
  {
    name: "a search filter goes with a prefix",
    file: "hba/options/ldap.ts",
    find: "?? ldapSearchAttribute ?? ldapSearchFilter;",
    replace: "?? ldapSearchAttribute;",
    by: ["views"],
    major: 15,
    build: "debian",
  },
  {
    name: "what is missing is told before what does not go together",
    file: "hba/options/ldap.ts",
    find: `  if (simpleBind !== undefined && search !== undefined) {
    return mistake(line, ldapMixedModes);
  }
`,
    replace: `  if (simpleBind !== undefined && ldapBaseDn === undefined && search !== undefined) {
    return missing(line, '"ldapbasedn", "ldapprefix", or "ldapsuffix"');
  }
  if (simpleBind !== undefined && search !== undefined) {
    return mistake(line, ldapMixedModes);
  }
`,
    by: ["views"],
    major: 15,
    build: "debian",
  },
  {
    name: "the port of an ldaps URL is that of ldap",
    file: "hba/options/ldap-url.ts",
    find: 'name === "ldaps" ? 636 : 389',
    replace: "389",
    by: ["views"],
    major: 15,
    build: "debian",
  },
];
