import { utf8Bytes } from "../bytes.ts";
import type { Attempt } from "../decide/attempt.ts";
import { parseClientAddress } from "../decide/attempt.ts";

const refusal =
  /(?:no pg_hba\.conf entry for|pg_hba\.conf rejects) (replication connection from |replication connection for |connection for )?host "([^"]*)", user "(.*)"(?:, (SSL encryption|GSS encryption|no encryption|SSL on|SSL off))?\s*$/;

/**
 * The attempt behind a FATAL that somebody pasted, as psql, a driver or the server's log shows it:
 *
 *     psql: error: … FATAL:  no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption
 *
 * All versions' words are understood: a server before 12 that was built without SSL says nothing of encryption, and
 * one before 14 calls logical replication, too, a replication connection without naming the database, so that it is
 * taken for physical replication.
 *
 * Null if the text has no refusal by `pg_hba.conf`. Names with `", database "` inside cannot be told apart:
 * the last one separates.
 */
export function attemptOfFatal(text: string): Attempt | null {
  for (const line of text.split("\n")) {
    const [, kind = "", host = "", names = "", encryption = ""] = refusal.exec(line) ?? [];
    if (host === "") continue;
    const client = host === "[local]" ? null : parseClientAddress(host);
    if (client === null && host !== "[local]") continue;
    const physical = kind.startsWith("replication");
    const separator = names.lastIndexOf('", database "');
    if (!physical && separator < 0) continue;
    const base = {
      address: client && client.text,
      ssl: encryption === "SSL encryption" || encryption === "SSL on",
      gssenc: encryption === "GSS encryption",
    };
    if (physical) return { ...base, user: utf8Bytes(names), replication: true };
    const user = utf8Bytes(names.slice(0, separator));
    return { ...base, user, database: utf8Bytes(names.slice(separator + '", database "'.length)) };
  }
  return null;
}
