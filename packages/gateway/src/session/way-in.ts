import type { Socket } from "node:net";
import type { HbaRule, Policy } from "@sallyport/policy";
import { FatalError, MessageReader, ServerError, startDeadline, WireError } from "@sallyport/wire";
import type { AuthenticationRequest, ConnectionOptions, OpenedSession, StartupPacket } from "@sallyport/wire";
import type { Catalog } from "../catalog/catalog.ts";
import type { LoginRow } from "../catalog/catalog.ts";
import { readArrival } from "../doorstep/arrival.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import type { Turn, WaitingRoom } from "../doorstep/waiting-room.ts";
import type { SessionLog } from "../log/index.ts";
import { openUpstream } from "../upstream/upstream.ts";
import { applicationNameOf } from "./application-name.ts";
import { attemptOf } from "./attempt.ts";
import { decideRule } from "./decision.ts";
import { socketExchange } from "./exchange.ts";
import { admitIdentity } from "./identity.ts";
import { authenticate } from "./methods.ts";
import type { MethodSurroundings } from "./methods.ts";
import { logFatal, refuse } from "./refusal.ts";
import { logAuthenticated, logAuthorized } from "./session-log.ts";
import type { Slot, Slots } from "./slots.ts";
import { encodeRefusal, encodeSuccess, encodeWelcome } from "./welcome.ts";

/** What a connection walks through: the parts of the gateway that it meets. */
export interface House extends MethodSurroundings {
  /** Read anew for each connection, so that a reload counts from the next one on. */
  readonly policy: () => Policy;
  readonly catalog: Catalog;
  readonly upstream: ConnectionOptions;
  readonly waitingRoom: WaitingRoom;
  readonly slots: Slots;
}

/** A client that is in. */
export interface Guest {
  readonly packet: StartupPacket;
  readonly rule: HbaRule;
  readonly upstream: OpenedSession;
  /** Null: a walsender. */
  readonly slot: Slot | null;
  /** Milliseconds that the method took. */
  readonly authentication: number;
}

/**
 * The whole way in: arrival, attempt, decision, exchange, identity, session. Each step gives the next one a value
 * and none reaches back; one time limit stands over all of them.
 *
 * Returns null if the client was refused or left: then it has been told what it may know, and the log the rest.
 */
export async function letIn(visitor: Visitor, house: House, log: SessionLog): Promise<Guest | null> {
  const { socket, peer, credentials } = visitor;
  const limit = house.settings.authentication_timeout * 1000;
  const gone = new AbortController();
  const leave = (): void => gone.abort(new WireError("peer_closed", "the client left"));
  socket.once("close", leave);
  const deadline = startDeadline(limit, "authentication", gone.signal);
  const { signal } = deadline;
  let turn: Turn | null = null;
  let reader: MessageReader | null = null;
  let slot: Slot | null = null;
  let arrived = false;
  try {
    turn = await house.waitingRoom.enter(visitor.source, signal);
    if (turn === null) return null;
    reader = new MessageReader(socket);
    const packet = await arrive(socket, reader, signal, log);
    if (packet === null) return null;
    arrived = true;
    // Walsenders are no regular connections to PostgreSQL; how many there may be the upstream says.
    if (packet.replication === false) slot = house.slots.take();

    const row = await house.catalog.lookUp(packet.user, signal);
    const policy = house.policy();
    const rule = decideRule(policy, attemptOf(packet, peer), row);
    const exchange = socketExchange(socket, reader, signal, log);
    const asked = performance.now();
    const proof = await authenticate(rule, { packet, row, exchange, credentials, signal }, house, log);
    if (proof.kind === "gone") return null;
    const authentication = performance.now() - asked;
    logAuthenticated(log, house.settings, rule, packet, proof.identity);
    admitIdentity(policy, rule, packet.user, proof.identity, row, log);

    const upstream = await openSession(socket, packet, row, proof.last, house, signal, log);
    logAuthorized(log, house.settings, packet, upstream);
    const early = reader.release();
    upstream.stream.write(early);
    socket.write(encodeWelcome(proof.last, upstream));
    const guest = { packet, rule, upstream, slot, authentication };
    slot = null;
    return guest;
  } catch (error) {
    refuse(socket, error, log, arrived);
    return null;
  } finally {
    socket.off("close", leave);
    deadline.clear();
    reader?.release();
    slot?.leave();
    turn?.end();
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

/** Opens the session of the role before the client hears of its success: if that fails, both arrive together. */
async function openSession(
  socket: Socket,
  packet: StartupPacket,
  row: LoginRow,
  last: AuthenticationRequest | null,
  { settings, upstream, slots }: House,
  signal: AbortSignal,
  log: SessionLog,
): Promise<OpenedSession> {
  try {
    // Of a role that may not log in the upstream will say so.
    if (packet.replication === false && row.canLogIn) slots.checkReserved(row);
    return await openUpstream(upstream, packet, signal);
  } catch (error) {
    logAuthorized(log, settings, packet, null);
    if (error instanceof ServerError) socket.write(encodeRefusal(last, error));
    else if (error instanceof FatalError) socket.write(Buffer.concat(encodeSuccess(last)));
    throw error;
  }
}
