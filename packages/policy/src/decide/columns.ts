import { asciiLower, sameBytes } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import type { AddressPattern, ConnectionType, DatabasePattern, HbaRule, UserPattern } from "../hba/rule.ts";
import { inNetwork, maskOf } from "../ip.ts";
import type { ClientAddress, Connection } from "./attempt.ts";
import type { RegexPattern } from "../regex/index.ts";
import { anyOf } from "./facts.ts";
import type { Facts, Match } from "./facts.ts";

/** The columns in the order in which PostgreSQL compares them. */
export const columnNames = ["type", "address", "database", "user"] as const;

export type ColumnName = (typeof columnNames)[number];

/** Does this column of the rule match? */
export function matchColumn(column: ColumnName, rule: HbaRule, connection: Connection, facts: Facts): Match {
  switch (column) {
    case "type":
      return matchType(rule.type, connection);
    case "address":
      return matchAddress(rule.address, connection.client, facts);
    case "database":
      return anyOf(rule.databases, (pattern) => matchDatabase(pattern, connection, facts));
    case "user":
      return anyOf(rule.users, (pattern) => matchUser(pattern, connection, facts));
  }
}

function matchType(type: ConnectionType, { client, encryption }: Connection): boolean {
  if (client === null) return type === "local";
  switch (type) {
    case "local":
      return false;
    case "host":
      return true;
    case "hostssl":
      return encryption === "ssl";
    case "hostnossl":
      return encryption !== "ssl";
    case "hostgssenc":
      return encryption === "gss";
    case "hostnogssenc":
      return encryption !== "gss";
  }
}

function matchAddress(pattern: AddressPattern | null, client: ClientAddress | null, facts: Facts): Match {
  if (pattern === null || client === null) return pattern === null && client === null;
  switch (pattern.kind) {
    case "all":
      return true;
    case "network":
      return inNetwork(client.ip, pattern.ip, pattern.mask);
    case "samehost":
    case "samenet":
      return matchInterfaces(pattern.kind, client, facts);
    case "hostname":
      return matchHostname(pattern.name, client, facts);
  }
}

function matchInterfaces(kind: "samehost" | "samenet", { ip }: ClientAddress, { interfaces }: Facts): Match {
  if (!interfaces) return [{ fact: "interfaces" }];
  const whole = maskOf(8 * ip.length, ip.length === 4 ? 4 : 6);
  return interfaces.some((own) => {
    const usable = own.mask !== null && own.mask.length === own.ip.length && !/^\0*$/.test(own.mask);
    return inNetwork(ip, own.ip, kind === "samenet" && usable ? own.mask : whole);
  });
}

/** The rule is compared with the name that the address resolves to; then that name must resolve back to it. */
function matchHostname(pattern: Bytes, { ip, text }: ClientAddress, { hostname }: Facts): Match {
  if (!hostname) return [{ fact: "hostname", address: text, name: null }];
  if (hostname.name === null || !nameFits(pattern, hostname.name)) return false;
  const { forward } = hostname;
  if (!forward) return [{ fact: "hostname", address: text, name: hostname.name }];
  return "addresses" in forward && forward.addresses.includes(ip);
}

/** ASCII case does not count. A leading dot asks for the end of the name only. */
export function nameFits(pattern: Bytes, name: Bytes): boolean {
  const [wanted, given] = [asciiLower(pattern), asciiLower(name)];
  return wanted.startsWith(".") ? given.endsWith(wanted) : given === wanted;
}

/** Physical replication names no database: only the keyword `replication` is meant for it, and for it alone. */
export function matchDatabase(pattern: DatabasePattern, connection: Connection, facts: Facts): Match {
  const { user, database, replication } = connection;
  if (replication === true) return pattern.kind === "replication";
  switch (pattern.kind) {
    case "all":
      return true;
    case "replication":
      return false;
    case "sameuser":
      return database === user;
    case "samerole":
      return isMember(user, database, facts);
    case "regex":
      return matchRegex(pattern, database);
    case "literal":
      return database === pattern.name;
  }
}

export function matchUser(pattern: UserPattern, { user }: Connection, facts: Facts): Match {
  return matchRole(pattern, user, facts, sameBytes);
}

/** Is this role among those that the element stands for? `same` compares it with a name. */
export function matchRole(
  pattern: UserPattern,
  role: Bytes,
  facts: Facts,
  same: (a: Bytes, b: Bytes) => boolean,
): Match {
  switch (pattern.kind) {
    case "all":
      return true;
    case "member":
      return isMember(role, pattern.name, facts);
    case "regex":
      return matchRegex(pattern, role);
    case "literal":
      return same(pattern.name, role);
  }
}

/** What has to be given up is not known: it neither lets in nor is it passed over, since the rule may be one that rejects. */
function matchRegex({ regex }: RegexPattern, name: Bytes): Match {
  return regex.test(name) ?? [{ fact: "regex", pattern: regex.pattern, name }];
}

function isMember(role: Bytes, group: Bytes, { membership }: Facts): Match {
  return membership?.(role, group) ?? [{ fact: "membership", role, group }];
}
