import type { Bytes } from "@sallyport/policy";
import type { MethodOutcome } from "./outcome.ts";
import type { ServiceCall } from "./service-call.ts";
import { askIdent, IdentFault } from "./services/ident/ask.ts";
import type { ConnectionEnd } from "./services/ident/ask.ts";
import { readIdentResponse } from "./services/ident/response.ts";

export interface IdentCall extends Pick<ServiceCall, "turns" | "log" | "signal"> {
  readonly client: ConnectionEnd;
  /** Our end of the client's connection; null: a proxy's, to which the client has connected. */
  readonly server: ConnectionEnd | null;
  /** Where Ident servers listen: 113. */
  readonly port: number;
  /** Why a call of the system failed, in its own words. */
  readonly reasonOf: (error: unknown) => Bytes;
}

/**
 * The method `ident` (manual, 20.8; RFC 1413): the client's machine says who there owns the client's end of the connection, and
 * nothing is asked of the client. Whether that user may be the role is for the rule's map to say.
 *
 * Behind a proxy nobody is asked. The client's machine knows a connection to the proxy; asked about one to us, it would say
 * nothing, or who owns another connection that has these ports by chance, or because somebody chose them.
 */
export async function ident({
  client,
  server,
  port,
  turns,
  log,
  signal,
  reasonOf,
}: IdentCall): Promise<MethodOutcome> {
  const failed = { kind: "failed", reason: null } as const;
  const at = `Ident server at address "${client.address}", port ${port}`;
  if (server === null) {
    log(`could not ask the ${at}: the connection came by way of a proxy`);
    return failed;
  }
  let response: Bytes;
  try {
    response = await turns.take(at, async () => await askIdent(client, server, port, signal));
  } catch (error) {
    if (!(error instanceof IdentFault)) throw error;
    log(`${faultWords(error, at, server)}: ${reasonOf(error.cause)}`, { sqlstate: sqlstateOf(error.cause) });
    return failed;
  }
  const identity = readIdentResponse(response);
  if (identity !== null) return { kind: "proved", identity, last: null };
  const [text = ""] = response.split("\0", 1);
  log(`invalidly formatted response from Ident server: "${text}"`);
  return failed;
}

function faultWords({ step }: IdentFault, at: Bytes, { address }: ConnectionEnd): Bytes {
  switch (step) {
    case "bind":
      return `could not bind to local address "${address}"`;
    case "connect":
      return `could not connect to ${at}`;
    case "send":
      return `could not send query to ${at}`;
    case "receive":
      return `could not receive response from ${at}`;
  }
}

/** What the system says of a connection that is broken. */
const connectionFailures: ReadonlySet<unknown> = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/** PostgreSQL's for an error of a socket. */
function sqlstateOf(error: unknown): string {
  const { code } = error instanceof Error && "code" in error ? error : { code: undefined };
  return connectionFailures.has(code) ? "08006" : "XX000";
}
