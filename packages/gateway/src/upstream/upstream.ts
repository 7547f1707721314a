import type { Socket } from "node:net";
import { FatalError, openSession, ServerError } from "@sallyport/wire";
import type { ConnectionOptions, Session, StartupPacket } from "@sallyport/wire";

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
): Promise<Session<Socket>> {
  const { user, database, replication, options, parameters } = packet;
  try {
    return await openSession(
      {
        ...upstream,
        user,
        database,
        parameters: [
          ...(replication === false
            ? []
            : [["replication", replication === true ? "true" : replication] as const]),
          ...(options === null ? [] : [["options", options] as const]),
          ...parameters,
        ],
        connectTimeout: upstream.connectTimeout ?? answerWithin,
      },
      signal,
    );
  } catch (error) {
    if (error instanceof ServerError && error.authenticated) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError("57P03", "the database system is not accepting connections", {
      logDetail: `The session of role "${user}" cannot be opened upstream: ${reason}`,
      cause: error,
    });
  }
}
