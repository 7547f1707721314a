import type { Socket } from "node:net";
import type { HbaRule, Policy } from "@sallyport/policy";
import {
  encodeFatalError,
  FatalError,
  MessageReader,
  ServerError,
  startDeadline,
  WireError,
} from "@sallyport/wire";
import type { AuthenticationRequest, ConnectionOptions, Session, StartupPacket } from "@sallyport/wire";
import type { Catalog } from "../catalog/catalog.ts";
import { readArrival } from "../doorstep/arrival.ts";
import { connectionAuthenticated, connectionAuthenticatedWithoutIdentity } from "../log/index.ts";
import type { Peer, SessionLog } from "../log/index.ts";
import { openUpstream } from "../upstream/upstream.ts";
import { applicationNameOf } from "./application-name.ts";
import { attemptOf } from "./attempt.ts";
import { decideRule } from "./decision.ts";
import { socketExchange } from "./exchange.ts";
import { admitIdentity } from "./identity.ts";
import { authenticate } from "./methods.ts";
import type { MethodSurroundings } from "./methods.ts";
import { encodeRefusal, encodeSuccess, encodeWelcome } from "./welcome.ts";

/** What a connection walks through: the parts of the gateway that it meets. */
export interface House extends MethodSurroundings {
  /** Read anew for each connection, so that a reload counts from the next one on. */
  readonly policy: () => Policy;
  readonly catalog: Catalog;
  readonly upstream: ConnectionOptions;
  /** Takes a place among `max_connections`; null if there is none. */
  readonly takePlace: () => Place | null;
}

export interface Place {
  readonly leave: () => void;
}

/** A client that is in. */
export interface Guest {
  readonly packet: StartupPacket;
  readonly rule: HbaRule;
  readonly upstream: Session<Socket>;
  readonly place: Place;
  /** Milliseconds that the method took. */
  readonly authentication: number;
}

/**
 * The whole way in: arrival, attempt, decision, exchange, identity, session. Each step gives the next one a value
 * and none reaches back; one time limit stands over all of them.
 *
 * Returns null if the client was refused or left: then it has been told what it may know, and the log the rest.
 */
export async function letIn(
  socket: Socket,
  peer: Peer,
  house: House,
  log: SessionLog,
): Promise<Guest | null> {
  const limit = house.settings.authentication_timeout * 1000;
  const deadline = startDeadline(limit, "authentication");
  const reader = new MessageReader(socket);
  let place: Place | null = null;
  let arrived = false;
  try {
    const packet = await arrive(socket, reader, deadline.signal, log);
    if (packet === null) return null;
    arrived = true;
    place = house.takePlace();
    if (place === null) throw new FatalError("53300", "sorry, too many clients already");

    const row = await house.catalog.lookUp(packet.user, deadline.signal);
    const policy = house.policy();
    const rule = decideRule(policy, attemptOf(packet, peer), row);
    const exchange = socketExchange(socket, reader, deadline.signal);
    const asked = performance.now();
    const proof = await authenticate(rule, exchange, packet, row, house);
    if (proof.kind === "gone") return null;
    const authentication = performance.now() - asked;
    logAuthenticated(log, house, rule, packet, proof.identity);
    admitIdentity(policy, rule, packet.user, proof.identity, row, log);

    const upstream = await openSession(socket, packet, proof.last, house, deadline.signal);
    const early = reader.release();
    upstream.stream.write(early);
    socket.write(encodeWelcome(proof.last, upstream));
    const guest = { packet, rule, upstream, place, authentication };
    place = null;
    return guest;
  } catch (error) {
    refuse(socket, error, log, arrived);
    return null;
  } finally {
    deadline.clear();
    reader.release();
    place?.leave();
  }
}

async function arrive(
  socket: Socket,
  reader: MessageReader,
  signal: AbortSignal,
  log: SessionLog,
): Promise<StartupPacket | null> {
  const arrival = await readArrival(socket, reader, signal);
  switch (arrival.kind) {
    case "startup": {
      const { user, database, replication, parameters } = arrival.packet;
      const applicationName = applicationNameOf(parameters);
      const backendType = replication === false ? "client backend" : "walsender";
      log.learn({
        user,
        database,
        backendType,
        ...(applicationName === undefined ? {} : { applicationName }),
      });
      return arrival.packet;
    }
    case "refused":
      logFatal(log, arrival.error);
      return null;
    case "cancel":
      log.log("LOG", "cancel requests are not supported by this build");
      return null;
    case "closed":
      if (arrival.logMessage !== null) log.log("LOG", arrival.logMessage);
      return null;
  }
}

function logAuthenticated(
  log: SessionLog,
  { settings }: House,
  { method, line }: HbaRule,
  { user }: StartupPacket,
  identity: string | null,
): void {
  if (!settings.log_connections.includes("authentication")) return;
  const message =
    identity === null
      ? connectionAuthenticatedWithoutIdentity(user, method, line)
      : connectionAuthenticated(identity, method, line);
  log.log("LOG", message);
}

/** Opens the session of the role before the client hears of its success: if that fails, both arrive together. */
async function openSession(
  socket: Socket,
  packet: StartupPacket,
  last: AuthenticationRequest | null,
  { upstream }: House,
  signal: AbortSignal,
): Promise<Session<Socket>> {
  try {
    return await openUpstream(upstream, packet, signal);
  } catch (error) {
    if (error instanceof ServerError) socket.write(encodeRefusal(last, error));
    else if (error instanceof FatalError) socket.write(Buffer.concat(encodeSuccess(last)));
    throw error;
  }
}

/**
 * Tells the client what it may know, if anything, and the log all. The caller closes. Of who never said who it
 * wants to be nobody takes note, as in PostgreSQL.
 */
function refuse(socket: Socket, error: unknown, log: SessionLog, arrived: boolean): void {
  if (error instanceof FatalError) {
    socket.write(encodeFatalError(error));
    logFatal(log, error);
  } else if (error instanceof ServerError) {
    const { message, detail, hint, code } = error;
    log.log("FATAL", message, { detail, hint, sqlstate: code });
  } else if (error instanceof WireError && error.code === "timeout") {
    if (arrived) log.log("FATAL", "canceling authentication due to timeout", { sqlstate: "57014" });
  } else if (!(error instanceof WireError)) {
    const internal = new FatalError("XX000", "internal error", { logDetail: String(error), cause: error });
    socket.write(encodeFatalError(internal));
    logFatal(log, internal);
  }
}

function logFatal(log: SessionLog, { message, detail, hint, logDetail, code }: FatalError): void {
  const details = [detail, logDetail].filter((text) => text !== undefined);
  log.log("FATAL", message, {
    detail: details.length > 0 ? details.join("\n") : undefined,
    hint,
    sqlstate: code,
  });
}
