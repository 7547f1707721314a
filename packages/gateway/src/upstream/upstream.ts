import { openSession, ServerError, WireError } from "@sallyport/wire";
import { reasonOf } from "../log/index.ts";
import { notAccepting } from "./not-accepting.ts";
import { upstreamSurroundings } from "./surroundings.ts";
import type { ConnectionOptions, ErrorField, OpenedSession, StartupPacket } from "@sallyport/wire";

/** How long the upstream may take to answer, whatever its connection string says of it. */
const answerWithin = 30_000;

/**
 * Opens the session of the role in the upstream. The names are the bytes that were decided on, and are never
 * parsed as connection strings; what the client set reaches this session and no other.
 *
 * @throws {ServerError} the upstream refused the role or the database, in its own words
 * @throws {FatalError} 57P03 the upstream cannot be reached, or refuses the gateway itself
 */
export async function openUpstream(
  upstream: ConnectionOptions,
  packet: StartupPacket,
  signal: AbortSignal,
): Promise<OpenedSession> {
  try {
    return await openSession(optionsOfRole(upstream, packet), signal, upstreamSurroundings);
  } catch (error) {
    if (error instanceof ServerError && error.authenticated && isWhole(error.fields)) throw error;
    if (clientLeft(signal)) throw error;
    const why = `The session of role "${packet.user}" cannot be opened upstream: ${reasonOfRefusal(error, upstream)}`;
    throw notAccepting(why, error);
  }
}

/** Then nobody is left to tell, and nothing is wrong with the upstream. */
function clientLeft({ reason }: AbortSignal): boolean {
  return reason instanceof WireError && reason.code === "peer_closed";
}

/**
 * Of the upstream's connection string a role gets only what says where the upstream is and how to talk to it, in TLS
 * with the gateway's own certificate if it has one. Its
 * user, password, database and settings are the catalogue's own: a role has trust or peer there, or an entry of
 * its own in the passfile.
 */
function optionsOfRole(
  { hosts, settings, passfile, tls, socketDirectory, connectTimeout }: ConnectionOptions,
  { user, database, replication, options, parameters }: StartupPacket,
): ConnectionOptions {
  // No longer than what the client wrote: its packet may have been full.
  const walsender = replication === true ? "1" : replication;
  return {
    hosts: hosts.map(({ host, address, port, nameless = false }) => ({ host, address, port, nameless })),
    user,
    database,
    parameters: [
      ...(walsender === false ? [] : [["replication", walsender] as const]),
      ...(options === null ? [] : [["options", options] as const]),
      ...parameters,
    ],
    connectTimeout: connectTimeout ?? answerWithin,
    ...(settings && { settings }),
    ...(tls && { tls }),
    ...(socketDirectory !== undefined && { socketDirectory }),
    passfile: passfile ?? null,
  };
}

/**
 * Every error and notice of a PostgreSQL has a severity, an SQLSTATE and a message. What lacks one of them is no
 * answer of a PostgreSQL, and is not handed on: clients have crashed on such.
 */
export function isWhole(fields: readonly ErrorField[]): boolean {
  const valueOf = (type: string): string => fields.find((field) => field.type === type)?.value ?? "";
  return valueOf("S") !== "" && /^[0-9A-Z]{5}$/.test(valueOf("C")) && valueOf("M") !== "";
}

/** For the log. No secret is in it: what we sent is not, and libpq's words name the passfile alone. */
function reasonOfRefusal(error: unknown, { passfile }: ConnectionOptions): string {
  const reason = reasonOf(error);
  const wrongPassword = error instanceof ServerError && error.code === "28P01" && passfile != null;
  return wrongPassword ? `${reason} (password retrieved from file "${passfile}")` : reason;
}
