import type { Policy } from "@sallyport/policy";
import { FatalError, ServerError, startDeadline, WireError } from "@sallyport/wire";
import type { ConnectionOptions, OpenedSession, StartupPacket } from "@sallyport/wire";
import type { Catalog, LoginRow } from "../catalog/catalog.ts";
import { readArrival } from "../doorstep/arrival.ts";
import { Line } from "../doorstep/line.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import type { Turn, WaitingRoom } from "../doorstep/waiting-room.ts";
import type { SessionLog } from "../log/index.ts";
import type { Resolver } from "../resolver/index.ts";
import type { TlsServer } from "../tls/tls-server.ts";
import type { CancelKeys } from "../upstream/cancel-keys.ts";
import { ProofRefused } from "../upstream/proof-refused.ts";
import { attemptOf } from "./attempt.ts";
import { admitCertificate } from "./certificate.ts";
import { decideRule, RefusedByRule } from "./decision.ts";
import { socketExchange } from "./exchange.ts";
import type { Guest } from "./guest.ts";
import type { GuestBook } from "./guest-book.ts";
import { admitIdentity } from "./identity.ts";
import { introduce, isProxy } from "./introduction.ts";
import { nameForLog } from "./log-hostname.ts";
import { authenticate } from "./methods.ts";
import type { MethodSurroundings } from "./methods.ts";
import { outcomeOf } from "./outcome.ts";
import { openFor } from "./pass-on.ts";
import type { Entrant } from "./pass-on.ts";
import { logFatal, refuse } from "./refusal.ts";
import { logAuthenticated, logAuthorized } from "./session-log.ts";
import type { Slot, Slots } from "./slots.ts";
import type { Visit } from "./visit.ts";
import { encodeRefusal, encodeSuccess, encodeWelcome } from "./welcome.ts";

/** What a connection walks through: the parts of the gateway that it meets. */
export interface House extends MethodSurroundings {
  /** Read anew for each connection, so that a reload counts from the next one on. */
  readonly policy: { readonly current: Policy };
  /** Those who are in may stay, and nobody else may come. */
  readonly isClosing: () => boolean;
  readonly catalog: Catalog;
  readonly upstream: ConnectionOptions;
  readonly waitingRoom: WaitingRoom;
  readonly slots: Slots;
  readonly resolver: Resolver;
  readonly guestBook: GuestBook;
  readonly cancelKeys: CancelKeys;
  /** Read anew for each connection, too; null: no TLS. */
  readonly tls: { readonly current: TlsServer | null };
}

/**
 * The whole way in: arrival, attempt, decision, exchange, identity, session. Each step gives the next one a value
 * and none reaches back; one time limit stands over all of them.
 *
 * Returns null if the client was refused or left: then it has been told what it may know, the log the rest, and the line is closed.
 */
export async function letIn(atDoor: Visitor, house: House, visit: Visit): Promise<Guest | null> {
  const { socket } = atDoor;
  const { settings, guestBook } = house;
  const { log } = visit;
  const gone = new AbortController();
  const leave = (): void => gone.abort(new WireError("peer_closed", "the client left"));
  socket.once("close", leave);
  const deadline = startDeadline(settings.authentication_timeout * 1000, "authentication", gone.signal);
  const { signal } = deadline;
  let turn: Turn | null = null;
  let line: Line | null = null;
  let slot: Slot | null = null;
  let admitted = false;
  let wipe: (() => void) | undefined;
  try {
    let visitor: Visitor | null = atDoor;
    if (isProxy(atDoor, settings)) {
      line = new Line(socket);
      visitor = await introduce(atDoor, line.reader, house, visit, signal);
      if (visitor === null) return null;
    }
    const { peer, credentials, source } = visitor;
    turn = await house.waitingRoom.enter(source, signal);
    if (turn === null) return null;
    const { shown, hostname } = await nameForLog(visitor, house, signal, log);
    visit.enter("startup");
    line ??= new Line(socket);
    const packet = await arrive(line, visitor, house, signal, log);
    if (packet === null) return null;
    visit.arrived(packet, line.tls);
    if (house.isClosing()) throw new FatalError("57P03", "the database system is shutting down");
    // Walsenders are no regular connections to PostgreSQL; how many there may be the upstream says.
    if (packet.replication === false) slot = house.slots.take();

    visit.enter("catalogue");
    const lookUp = async (): Promise<LoginRow> => await house.catalog.lookUp(packet.user, signal);
    const asked = await lookUp();
    visit.enter("decision");
    const policy = house.policy.current;
    const { profile } = policy;
    const { resolver } = house;
    const { tls } = line;
    const sources = { row: asked, lookUp, hostname, resolver, source, tls, signal };
    const { rule, row } = await decideRule(policy, attemptOf(packet, peer, tls !== null), sources);
    visit.ruled(rule);
    visit.enter("authentication");
    const exchange = socketExchange(line, signal, log);
    const began = performance.now();
    const proof = await authenticate(
      rule,
      { profile, packet, row, exchange, credentials, tls, signal },
      house,
      log,
    );
    if (proof.kind === "gone") {
      guestBook.note(visit, "left");
      return null;
    }
    wipe = () => proof.proof?.wipe();
    const authentication = performance.now() - began;
    const { identity, systemUser = identity } = proof;
    const proved = (): void => {
      visit.proved(identity);
      logAuthenticated(log, settings, rule, packet, identity);
    };
    // Who he is shows at once, and that nobody knows it when nothing else stands against him.
    if (proof.unjudged !== true && identity !== null) proved();
    admitIdentity(policy, rule, packet.user, systemUser, row, log);
    admitCertificate(policy, rule, packet.user, tls, row, log);
    if (identity === null) proved();

    visit.enter("upstream");
    const entrant = { rule, profile, packet, row, lookUp, outcome: proof };
    const upstream = await openSession(line, entrant, house, signal, visit, proved);
    visit.opened({ server: upstream.server, pid: upstream.backendKey?.processId ?? null });
    logAuthorized(visit, settings);
    log.learn({ ps: "idle", applicationName: visit.applicationName ?? "" });
    const issued = house.cancelKeys.issue(upstream, packet.protocol);
    const client = line.socket;
    client.write(encodeWelcome(proof.last, upstream, issued?.key ?? null));
    visit.enter("session");
    guestBook.note(visit, "admitted");
    const early = line.reader.release();
    const guest = { packet, client, peer: shown, upstream, early, issued, slot, authentication };
    slot = null;
    admitted = true;
    return guest;
  } catch (error) {
    if (error instanceof RefusedByRule) visit.ruled(error.rule);
    if (visit.packet !== null) guestBook.note(visit, outcomeOf(error, visit.stage));
    refuse(line?.socket ?? socket, error, log, visit.packet !== null);
    return null;
  } finally {
    socket.off("close", leave);
    deadline.clear();
    wipe?.();
    slot?.leave();
    turn?.end();
    if (!admitted) (line ?? new Line(socket)).close();
  }
}

async function arrive(
  line: Line,
  { source, peer }: Visitor,
  { cancelKeys, guestBook, tls }: House,
  signal: AbortSignal,
  log: SessionLog,
): Promise<StartupPacket | null> {
  // Nobody listens in on a Unix socket.
  const arrival = await readArrival(line, peer.port === null ? null : tls.current, signal);
  switch (arrival.kind) {
    case "startup":
      return arrival.packet;
    case "refused":
      logFatal(log, arrival.error);
      return null;
    case "cancel":
      guestBook.meter.cancel(await cancelKeys.request(arrival.key, source, log));
      return null;
    case "closed":
      if (arrival.logged !== null) log.log("LOG", arrival.logged.message, arrival.logged);
      return null;
  }
}

/** Opens the session of the role before the client hears of its success: if that fails, both arrive together. */
async function openSession(
  { socket }: Line,
  entrant: Entrant,
  house: House,
  signal: AbortSignal,
  visit: Visit,
  proved: () => void,
): Promise<OpenedSession> {
  const { packet, row, outcome } = entrant;
  const { last } = outcome;
  let isProved = outcome.unjudged !== true;
  const judged = (): void => {
    if (!isProved) proved();
    isProved = true;
  };
  const checkReserved = (): void => {
    // Of a role that may not log in the upstream will say so.
    if (packet.replication === false && row.canLogIn) house.slots.checkReserved(row);
  };
  let session: OpenedSession | null = null;
  try {
    // Whoever has proved nothing does not hear who may have a reserved slot.
    if (isProved) checkReserved();
    session = await openFor(entrant, house, signal);
    if (isProved) return session;
    judged();
    checkReserved();
    return session;
  } catch (error) {
    session?.stream.destroy();
    // That the upstream refuses the role or the database it says only after it has judged the proof.
    if (error instanceof ServerError) judged();
    if (!isProved || error instanceof ProofRefused) throw error;
    logAuthorized(visit, house.settings);
    visit.log.learn({ ps: "startup" });
    if (error instanceof ServerError) socket.write(encodeRefusal(last, error, packet.protocol));
    else if (error instanceof FatalError) socket.write(Buffer.concat(encodeSuccess(last)));
    throw error;
  }
}
