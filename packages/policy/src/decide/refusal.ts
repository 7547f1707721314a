import type { Bytes } from "../bytes.ts";
import { maskRule } from "../hba/mask.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { Connection } from "./attempt.ts";
import { matchColumn, nameFits } from "./columns.ts";
import type { Dependency, Facts } from "./facts.ts";

/** SQLSTATE invalid_authorization_specification: what a refusal by rule, or by its absence, carries. */
export const invalidAuthorization = "28000";

/** The FATAL of a `reject` rule. */
export function rejectMessage(connection: Connection): Bytes {
  const replication = connection.replication === true ? "replication connection" : "connection";
  return `pg_hba.conf rejects ${replication} for ${whoAndWhere(connection)}`;
}

/** The FATAL of a connection that no rule fits. */
export function noEntryMessage(connection: Connection): Bytes {
  const replication = connection.replication === true ? "replication connection from " : "";
  return `no pg_hba.conf entry for ${replication}${whoAndWhere(connection)}`;
}

/**
 * The log's DETAIL for a connection that no rule fits: what came of looking for the client's name, if a rule
 * with a host name made the server look. Every rule was reached, or there would be no such refusal; and the server
 * looks before it compares database and user. An array: what one would have to know to say.
 *
 * @param rules all, or all whose address is a host name
 */
export function noEntryDetail(
  rules: readonly HbaRule[],
  connection: Connection,
  { hostname }: Facts,
): Bytes | null | readonly Dependency[] {
  const patterns = rules.flatMap((rule) => {
    const compared = rule.address?.kind === "hostname" && matchColumn("type", rule, connection, {}) === true;
    return compared ? [rule.address.name] : [];
  });
  const { client } = connection;
  if (patterns.length === 0 || client === null) return null;
  if (!hostname) return [{ fact: "hostname", address: client.text, name: null }];
  const { name } = hostname;
  if (name === null) return `Could not resolve client IP address to a host name: ${hostname.error}.`;
  const resolved = `Client IP address resolved to "${name}", forward lookup`;
  if (!patterns.some((pattern) => nameFits(pattern, name))) return `${resolved} not checked.`;
  const { forward } = hostname;
  if (!forward) return [{ fact: "hostname", address: client.text, name }];
  if ("error" in forward)
    return `Could not translate client host name "${name}" to IP address: ${forward.error}.`;
  return forward.addresses.includes(client.ip) ? `${resolved} matches.` : `${resolved} does not match.`;
}

/** The log's DETAIL for a connection that a rule's method refuses: the line as written, secrets masked. */
export function matchedLineDetail(rule: HbaRule): Bytes {
  const { file, number } = rule.line;
  return `Connection matched file "${file}" line ${number}: "${maskRule(rule)}"`;
}

const encryptions = { none: "no encryption", ssl: "SSL encryption", gss: "GSS encryption" } as const;

function whoAndWhere({ client, user, database, encryption, replication }: Connection): Bytes {
  const where = replication === true ? "" : `, database "${database}"`;
  return `host "${client?.text ?? "[local]"}", user "${user}"${where}, ${encryptions[encryption]}`;
}
