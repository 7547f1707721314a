import type { Bytes } from "../bytes.ts";
import { maskRule } from "../hba/mask.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { ServerProfile } from "../profile.ts";
import type { Connection } from "./attempt.ts";
import { matchColumn, nameFits } from "./columns.ts";
import type { Dependency, Facts } from "./facts.ts";

/** SQLSTATE invalid_authorization_specification: what a refusal by rule, or by its absence, carries. */
export const invalidAuthorization = "28000";

/** The FATAL of a `reject` rule. */
export function rejectMessage(connection: Connection, profile: ServerProfile): Bytes {
  const what = isCalledReplication(connection, profile) ? "replication connection" : "connection";
  return `pg_hba.conf rejects ${what} for ${whoAndWhere(connection, profile)}`;
}

/** The FATAL of a connection that no rule fits. */
export function noEntryMessage(connection: Connection, profile: ServerProfile): Bytes {
  const what = isCalledReplication(connection, profile) ? "replication connection from " : "";
  return `no pg_hba.conf entry for ${what}${whoAndWhere(connection, profile)}`;
}

/**
 * The log's DETAIL for a connection that no rule fits: what came of looking for the client's name, if a rule
 * with a host name, or log_hostname, made the server look. Every rule was reached, or there would be no such refusal; and the server
 * looks before it compares database and user. An array: what one would have to know to say.
 *
 * @param rules all, or all whose address is a host name
 */
export function noEntryDetail(
  rules: readonly HbaRule[],
  connection: Connection,
  { hostname }: Facts,
  { settings }: ServerProfile,
): Bytes | null | readonly Dependency[] {
  const patterns = rules.flatMap((rule) => {
    const compared = rule.address?.kind === "hostname" && matchColumn("type", rule, connection, {}) === true;
    return compared ? [rule.address.name] : [];
  });
  const { client } = connection;
  const isAsked = patterns.length > 0;
  // A server that looked for the name to log it tells of it, and has one for its socket, too.
  if (!(isAsked || settings.log_hostname)) return null;
  if (client === null) return 'Client IP address resolved to "[local]", forward lookup not checked.';
  if (!hostname) return [{ fact: "hostname", address: client.text, name: null }];
  const { name } = hostname;
  if (name === null && !isAsked) return null;
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
export function matchedLineDetail(rule: HbaRule, { dialect }: ServerProfile): Bytes {
  const { file, number } = rule.line;
  const where = dialect.matchedFileNamed ? `file "${file}"` : "pg_hba.conf";
  return `Connection matched ${where} line ${number}: "${maskRule(rule)}"`;
}

function isCalledReplication({ replication }: Connection, { dialect }: ServerProfile): boolean {
  return replication === true || (replication === "database" && dialect.logicalIsReplication);
}

function whoAndWhere(connection: Connection, profile: ServerProfile): Bytes {
  const { client, user, database, encryption } = connection;
  const { onlyWithSsl, ...words } = profile.dialect.encryptionWords;
  const where = isCalledReplication(connection, profile) ? "" : `, database "${database}"`;
  const how = onlyWithSsl && !profile.features.has("ssl") ? "" : `, ${words[encryption]}`;
  return `host "${client?.text ?? "[local]"}", user "${user}"${where}${how}`;
}
