import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { parseClientAddress } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { orAborted, startDeadline } from "@sallyport/wire";
import type { MethodLog } from "../../method-log.ts";
import type { Answer } from "./answer.ts";

/** Where to ask. */
export interface RadiusServer {
  /** As the rule calls it, for the log. */
  readonly name: Bytes;
  /** A numeric address. */
  readonly address: string;
  readonly port: number;
}

export interface RadiusSurroundings {
  readonly log: MethodLog;
  /** Why a call of the system failed, in its own words. */
  readonly reasonOf: (error: unknown) => Bytes;
  readonly signal: AbortSignal;
  /** How long the answer may take. */
  readonly milliseconds: number;
}

type Verdict = "accept" | "reject" | null;

/**
 * Sends a request, once, from a socket of its own, and waits for the answer that `read` finds right; all others are logged and
 * ignored until the time is over, as in PostgreSQL. Null: there was none, and the log says why.
 *
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function askRadius(
  server: RadiusServer,
  request: Buffer,
  read: (datagram: Buffer) => Answer,
  { log, reasonOf, signal, milliseconds }: RadiusSurroundings,
): Promise<Verdict> {
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  const limit = startDeadline(milliseconds, "RADIUS response", signal);
  const answer = Promise.withResolvers<Verdict>();
  let doing = "could not bind local RADIUS socket";
  const fail = (error: unknown): void => {
    if (!limit.signal.aborted) log(`${doing}: ${reasonOf(error)}`);
    answer.resolve(null);
  };
  const logWrong = wrongAnswers(server, log);
  socket.once("error", fail);
  socket.on("message", (datagram, from) => {
    try {
      const found = isFrom(server, from) ?? read(datagram);
      if (found.kind === "wrong") logWrong(found);
      else answer.resolve(found.kind);
    } catch (error) {
      answer.reject(error);
    }
  });
  socket.bind(0, () => {
    doing = "could not send RADIUS packet";
    socket.send(request, server.port, server.address, (error) => {
      if (error) fail(error);
      doing = "could not read RADIUS response";
    });
  });
  try {
    return await orAborted(answer.promise, limit.signal);
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) throw error;
    log(`timeout waiting for RADIUS response from ${server.name}`);
    return null;
  } finally {
    limit.clear();
    socket.close();
  }
}

/** Null: it is. PostgreSQL looks at the port alone. */
function isFrom(
  server: RadiusServer,
  from: { readonly address: string; readonly port: number },
): Answer | null {
  if (from.port !== server.port) return { kind: "wrong", why: ` was sent from incorrect port: ${from.port}` };
  // Of a link-local address the zone may be spelled as a name or as a number.
  const same = parseClientAddress(from.address)?.ip === parseClientAddress(server.address)?.ip;
  return same ? null : { kind: "wrong", why: ` was sent from incorrect address: ${from.address}` };
}

/** Wrong answers that are logged of one request: whoever can send some can send many. */
const mostLogged = 8;

function wrongAnswers(
  { name }: RadiusServer,
  log: MethodLog,
): (answer: Extract<Answer, { kind: "wrong" }>) => void {
  let count = 0;
  return ({ why, hint }) => {
    count += 1;
    if (count <= mostLogged) log(`RADIUS response from ${name}${why}`, hint === undefined ? {} : { hint });
    if (count === mostLogged) log(`further wrong RADIUS responses from ${name} are not logged`);
  };
}
