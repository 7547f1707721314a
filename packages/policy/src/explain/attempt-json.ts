import { utf8Bytes } from "../bytes.ts";
import type { Attempt } from "../decide/attempt.ts";
import { parseClientAddress } from "../decide/attempt.ts";
import type { HostnameFact } from "../decide/facts.ts";
import type { ClientAddress } from "../decide/attempt.ts";

/** An attempt with what its JSON form says of the client's host name; absent: unknown. */
export interface DescribedAttempt {
  readonly attempt: Attempt;
  readonly hostname?: HostnameFact;
}

const keys = [
  "user",
  "database",
  "address",
  "ssl",
  "gssenc",
  "replication",
  "hostname",
  "system_user",
] as const;

/** Reads one attempt in the vocabulary of the tools. An unknown key or a wrong type is an error. */
export function parseAttempt(json: string): DescribedAttempt | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { error: `no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { error: "an object is expected" };
  const unknown = Object.keys(value).find((key) => !keys.some((known) => known === key));
  if (unknown !== undefined) return { error: `unknown key "${unknown}"; known are ${keys.join(", ")}` };
  return checkAttempt(value);
}

type Fields = Partial<Record<(typeof keys)[number], unknown>>;

function checkAttempt(fields: Fields): DescribedAttempt | { readonly error: string } {
  const {
    user,
    database,
    address = null,
    ssl = false,
    gssenc = false,
    replication = false,
    hostname,
  } = fields;
  const systemUser = fields.system_user ?? undefined;
  if (typeof user !== "string" || user === "") return { error: '"user" must be a string, and not empty' };
  if (database !== undefined && typeof database !== "string") return { error: '"database" must be a string' };
  const client = typeof address === "string" ? parseClientAddress(address) : null;
  if (address !== null && client === null) return { error: '"address" must be an IP address or null' };
  if (typeof ssl !== "boolean") return { error: '"ssl" must be true or false' };
  if (typeof gssenc !== "boolean") return { error: '"gssenc" must be true or false' };
  if (client === null && (ssl || gssenc)) return { error: "a Unix-domain socket is never encrypted" };
  if (ssl && gssenc) return { error: '"ssl" and "gssenc" exclude each other' };
  if (typeof replication !== "boolean" && replication !== "database") {
    return { error: '"replication" must be false, true or "database"' };
  }
  if (hostname != null && typeof hostname !== "string")
    return { error: '"hostname" must be a string or null' };
  if (systemUser !== undefined && typeof systemUser !== "string")
    return { error: '"system_user" must be a string' };
  const attempt: Attempt = {
    user: utf8Bytes(user),
    address: client && client.text,
    ssl,
    gssenc,
    replication,
    ...(database === undefined ? {} : { database: utf8Bytes(database) }),
    ...(systemUser === undefined ? {} : { systemUser: utf8Bytes(systemUser) }),
  };
  return hostname === undefined ? { attempt } : { attempt, hostname: verifiedName(hostname, client) };
}

/** What tools are told of a host name: it is verified, or there is none. */
export function verifiedName(hostname: string | null, client: ClientAddress | null): HostnameFact {
  if (hostname === null) return { name: null, error: "Name or service not known" };
  return { name: utf8Bytes(hostname), forward: { addresses: client ? [client.ip] : [] } };
}
