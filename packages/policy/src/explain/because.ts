import type { Bytes } from "../bytes.ts";
import type { Connection } from "../decide/attempt.ts";
import { matchDatabase, matchUser, nameFits } from "../decide/columns.ts";
import type { ColumnName } from "../decide/columns.ts";
import type { Dependency, Facts } from "../decide/facts.ts";
import type { DatabasePattern, HbaRule, UserPattern } from "../hba/rule.ts";
import { formatIp, prefixOf } from "../ip.ts";
import type { Ip } from "../ip.ts";

/** The fact behind a column that does not match, in a few words. Byte strings, since names are in them. */
export function because(column: ColumnName, rule: HbaRule, connection: Connection, facts: Facts): Bytes {
  switch (column) {
    case "type":
      return typeMiss(rule, connection);
    case "address":
      return addressMiss(rule, connection, facts);
    case "database":
      return databaseMiss(rule.databases, connection);
    case "user":
      return userMiss(rule.users, connection);
  }
}

/** Of a rule that matches: which regular expressions made it. Null: none. */
export function becauseOfRegexes(rule: HbaRule, connection: Connection, facts: Facts): Bytes | null {
  const database = rule.databases.find((pattern) => matchDatabase(pattern, connection, facts) !== false);
  const user = rule.users.find((pattern) => matchUser(pattern, connection, facts) !== false);
  const reasons: Bytes[] = [];
  for (const [column, pattern, name] of [
    ["database", database, connection.database],
    ["user", user, connection.user],
  ] as const) {
    if (pattern?.kind !== "regex" || pattern.regex.test(name) !== true) continue;
    reasons.push(`${column}: "${name}" matches the regular expression "${pattern.regex.pattern}"`);
  }
  return reasons.length > 0 ? reasons.join("; ") : null;
}

/** What would settle an unknown: the question, and the option that answers it. */
export function question(dependency: Dependency): {
  readonly of: Bytes;
  readonly asks: Bytes;
  readonly settle: string;
} {
  switch (dependency.fact) {
    case "membership": {
      const { role, group } = dependency;
      return { of: group, asks: `is "${role}" a member of "${group}"?`, settle: "--roles FILE|CONNINFO" };
    }
    case "hostname": {
      const { address } = dependency;
      return { of: address, asks: `which host name has ${address}?`, settle: "--hostname NAME" };
    }
    case "interfaces":
      return { of: "server", asks: "which addresses has the server?", settle: "--server-address IP/LEN" };
    case "system_user":
      return { of: "client", asks: "who is the client to the other system?", settle: "--system-user NAME" };
    case "regex": {
      const { pattern, name } = dependency;
      const asks = `does "${name}" match the regular expression "${pattern}"? It was given up`;
      return { of: name, asks, settle: "a regular expression with fewer back references" };
    }
  }
}

function typeMiss({ type }: HbaRule, { client, encryption }: Connection): string {
  if (client === null) return "this connection comes through a Unix-domain socket";
  switch (type) {
    case "local":
      return "this connection comes by TCP";
    case "hostssl":
      return "this connection has no TLS";
    case "hostgssenc":
      return "this connection has no GSSAPI encryption";
    case "host":
    case "hostnossl":
    case "hostnogssenc":
      return encryption === "ssl" ? "this connection has TLS" : "this connection has GSSAPI encryption";
  }
}

function addressMiss({ address }: HbaRule, { client }: Connection, { hostname }: Facts): Bytes {
  if (address === null || client === null) return "";
  const { ip, text } = client;
  switch (address.kind) {
    case "all":
      return "";
    case "samehost":
      return `${text} is no address of the server`;
    case "samenet":
      return `${text} is in no network of the server`;
    case "network":
      return networkMiss(ip, text, address.ip, address.mask);
    case "hostname": {
      if (!hostname || hostname.name === null) return `${text} has no host name`;
      if (!nameFits(address.name, hostname.name)) return `${text} is "${hostname.name}"`;
      return `"${hostname.name}" does not resolve back to ${text}`;
    }
  }
}

function networkMiss(ip: Ip, text: string, network: Ip, mask: Ip): string {
  if (ip.length !== network.length) {
    const families = ip.length === 4 ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
    return `${text} is ${families[0]}, and this is ${families[1]}; they never match each other`;
  }
  if (prefixOf(mask) === null) {
    return `${text} differs from ${formatIp(network)} under the mask ${formatIp(mask)}`;
  }
  const first = combine(network, mask, (byte, bits) => byte & bits);
  const last = combine(network, mask, (byte, bits) => byte | (~bits & 0xff));
  if (first === last) return `${text} is not ${formatIp(first)}`;
  const size = toNumber(last) - toNumber(first) + 1n;
  const distance = ip < first ? toNumber(first) - toNumber(ip) : toNumber(ip) - toNumber(last);
  const where = `${distance <= size ? "just " : ""}${ip < first ? "below" : "above"}`;
  return `${text} is ${where} ${formatIp(first)} .. ${formatIp(last)}`;
}

function databaseMiss(
  patterns: readonly DatabasePattern[],
  { database, user, replication }: Connection,
): Bytes {
  if (replication === true) return "physical replication matches only the keyword replication";
  const [only, ...more] = patterns;
  if (!only || more.length > 0) return noneOfThese(patterns, database);
  switch (only.kind) {
    case "all":
      return "";
    case "replication":
      return "replication, unquoted, is for physical replication only";
    case "sameuser":
      return `database "${database}" is not named like the user "${user}"`;
    case "samerole":
      return `"${user}" is no member of a role "${database}"`;
    case "regex":
      return `"${database}" does not match the regular expression`;
    case "literal":
      return `the database is "${database}"${keywordNote(only.token.quoted, only.name)}`;
  }
}

function userMiss(patterns: readonly UserPattern[], { user }: Connection): Bytes {
  const [only, ...more] = patterns;
  if (!only || more.length > 0) return noneOfThese(patterns, user);
  switch (only.kind) {
    case "all":
      return "";
    case "member":
      return `"${user}" is no member of "${only.name}"`;
    case "regex":
      return `"${user}" does not match the regular expression`;
    case "literal":
      return `the user is "${user}"${keywordNote(only.token.quoted, only.name)}`;
  }
}

function noneOfThese(patterns: readonly { readonly kind: string }[], name: Bytes): Bytes {
  const regexes = patterns.some(({ kind }) => kind === "regex")
    ? ", and no regular expression matches it"
    : "";
  return `"${name}" is none of these${regexes}`;
}

/** The trap that locks people out: a quoted keyword, or one in capitals, is a name. */
function keywordNote(quoted: boolean, name: Bytes): string {
  if (quoted && /^(?:all|sameuser|samerole|samegroup|replication|\+.*)$/.test(name))
    return `; quoted, this is a name`;
  return !quoted && /^all$/i.test(name) ? "; keywords are in lower case" : "";
}

function combine(a: Ip, b: Ip, join: (a: number, b: number) => number): Ip {
  return Array.from(a, (byte, at) => String.fromCharCode(join(byte.charCodeAt(0), b.charCodeAt(at)))).join(
    "",
  );
}

function toNumber(ip: Ip): bigint {
  return Array.from(ip).reduce((number, byte) => number * 256n + BigInt(byte.charCodeAt(0)), 0n);
}
