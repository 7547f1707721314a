import type { Policy } from "@sallyport/policy";
import { FatalError, startDeadline, WireError } from "@sallyport/wire";
import type { Proof, StartupPacket } from "@sallyport/wire";
import type { Catalog, LookUp } from "../catalog/catalog.ts";
import { beginGssContext } from "@sallyport/methods/os";
import { readArrival } from "../doorstep/arrival.ts";
import type { GssOffer } from "../doorstep/arrival.ts";
import { Line } from "../doorstep/line.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import type { Turn, WaitingRoom } from "../doorstep/waiting-room.ts";
import type { SessionLog } from "../log/index.ts";
import type { TlsServer } from "../tls/tls-server.ts";
import type { CancelKeys } from "../upstream/cancel-keys.ts";
import { attemptOf } from "./attempt.ts";
import { decideRule, RefusedByRule } from "./decision.ts";
import type { Backing } from "./backing.ts";
import type { Guest } from "./guest.ts";
import type { GuestBook } from "./guest-book.ts";
import { introduce, isProxy } from "./introduction.ts";
import { nameForLog } from "./log-hostname.ts";
import { outcomeOf } from "./outcome.ts";
import { openSession } from "./open-session.ts";
import type { OpenSurroundings } from "./open-session.ts";
import { prove } from "./prove.ts";
import type { ProvingSurroundings } from "./prove.ts";
import { logFatal, refuse } from "./refusal.ts";
import { logAuthorized } from "./session-log.ts";
import type { Slot } from "./slots.ts";
import type { Visit } from "./visit.ts";
import { encodeWelcome } from "./welcome.ts";

/** What a connection walks through: the parts of the gateway that it meets. */
export interface House extends ProvingSurroundings, OpenSurroundings {
  /** Read anew for each connection, so that a reload counts from the next one on. */
  readonly policy: { readonly current: Policy };
  /** Those who are in may stay, and nobody else may come. */
  readonly isClosing: () => boolean;
  readonly catalog: Catalog;
  readonly waitingRoom: WaitingRoom;
  readonly guestBook: GuestBook;
  readonly cancelKeys: CancelKeys;
  /** Read anew for each connection, too; null: no TLS. */
  readonly tls: { readonly current: TlsServer | null };
}

/** What somebody has been given on the way, to be given back or wiped whatever comes of it. */
interface Given {
  /** Null: nobody has read from the socket yet. */
  line: Line | null;
  turn: Turn | null;
  slot: Slot | null;
  /** What the client has proved. */
  proof: Proof | null;
  backing: Backing | null;
}

/**
 * The whole way in: arrival, attempt, decision, exchange, identity, session. Each step gives the next one a value
 * and none reaches back; one time limit stands over all of them.
 *
 * Returns null if the client was refused or left: then it has been told what it may know, the log the rest, and the line is closed.
 */
export async function letIn(atDoor: Visitor, house: House, visit: Visit): Promise<Guest | null> {
  const { socket } = atDoor;
  const milliseconds = house.settings.authentication_timeout * 1000;
  const deadline = startDeadline(milliseconds, "authentication");
  const leave = (): void => deadline.abort(new WireError("peer_closed", "the client left"));
  socket.once("close", leave);
  const given: Given = { line: null, turn: null, slot: null, proof: null, backing: null };
  let guest: Guest | null = null;
  try {
    guest = await walkIn(atDoor, house, visit, deadline.signal, given);
  } catch (error) {
    if (error instanceof RefusedByRule) visit.ruled(error.rule);
    if (visit.packet !== null) house.guestBook.note(visit, outcomeOf(error, visit.stage));
    refuse(given.line?.socket ?? socket, error, visit.log, visit.packet !== null);
  } finally {
    socket.off("close", leave);
    deadline.clear();
    given.proof?.wipe();
    given.turn?.end();
    if (guest === null) {
      given.backing?.giveBack(false);
      given.slot?.leave();
      (given.line ?? new Line(socket)).close();
    }
  }
  return guest;
}

async function walkIn(
  atDoor: Visitor,
  house: House,
  visit: Visit,
  signal: AbortSignal,
  given: Given,
): Promise<Guest | null> {
  const { settings, guestBook } = house;
  const { log } = visit;
  const visitor = await whoIsIt(atDoor, house, visit, signal, given);
  if (visitor === null) return null;
  const { peer, source } = visitor;
  const turn = await house.waitingRoom.enter(source, signal);
  given.turn = turn;
  if (turn === null) return null;
  const asker = { source, signal, aside: turn.aside };
  const { shown, hostname } = await nameForLog(visitor, house, asker, log);

  visit.enter("startup");
  const line = (given.line ??= new Line(atDoor.socket));
  const packet = await arrive(line, visitor, house, signal, log);
  if (packet === null) return null;
  const { tls, gss } = line;
  visit.arrived(packet, tls, gss);
  if (house.isClosing()) throw new FatalError("57P03", "the database system is shutting down");
  // Walsenders are no regular connections to PostgreSQL; how many there may be the upstream says.
  if (packet.replication === false) given.slot = house.slots.take();

  visit.enter("catalogue");
  const lookUp = rowOf(packet, house.catalog);
  const asked = await lookUp(signal);
  visit.enter("decision");
  const policy = house.policy.current;
  const sources = { row: asked, lookUp, hostname, resolver: house.resolver, tls, ...asker };
  const { rule, row } = await decideRule(policy, attemptOf(packet, peer, line), sources);
  visit.ruled(rule);

  visit.enter("authentication");
  const proved = await prove(
    { visitor, turn, line, packet, policy, rule, row },
    house,
    visit,
    signal,
    (outcome) => {
      given.proof = outcome.proof ?? null;
    },
  );
  if (proved === null) {
    guestBook.note(visit, "left");
    return null;
  }
  const { outcome, authentication, tell } = proved;

  visit.enter("upstream");
  const client = line.socket;
  const write = (bytes: Buffer): void => void client.write(bytes);
  const entrant = { rule, profile: policy.profile, packet, row, lookUp, outcome };
  const open = async (): Promise<Backing> => await openSession(entrant, house, signal, visit, write, tell);
  // Whoever has proved who he is is no stranger, and does not wait for his session at their cost.
  if (outcome.unjudged !== true) turn.end();
  const backing = outcome.unjudged === true ? await turn.aside(open) : await open();
  given.backing = backing;
  const session = backing.current;
  // What it is to be opened with later is needed until then.
  if (session === null) given.proof = null;
  else visit.opened(session);
  logAuthorized(visit, settings);
  log.learn({ ps: "idle", applicationName: visit.applicationName ?? "" });
  const issued = house.cancelKeys.issue(backing, visit.pid, packet.protocol);
  write(encodeWelcome(outcome.last, backing.greetings, session?.status ?? "I", issued?.key ?? null));

  visit.enter("session");
  guestBook.note(visit, "admitted");
  const early = line.reader.release();
  const { slot } = given;
  const { expires = null } = outcome;
  const revokeKey = issued?.revoke ?? null;
  return { packet, client, peer: shown, backing, early, revokeKey, slot, expires, authentication };
}

/** Apart from the way in, since whoever is in may keep it: it holds nothing else. */
function rowOf({ user, database, replication }: StartupPacket, catalog: Catalog): LookUp {
  return async (signal) => await catalog.lookUp(user, replication === true ? null : database, signal);
}

/** A proxy says whom it brings; everybody else is who is at the door. */
async function whoIsIt(
  atDoor: Visitor,
  house: House,
  visit: Visit,
  signal: AbortSignal,
  given: Given,
): Promise<Visitor | null> {
  if (!isProxy(atDoor, house.settings)) return atDoor;
  given.line = new Line(atDoor.socket);
  return await introduce(atDoor, given.line.reader, house, visit, signal);
}

async function arrive(
  line: Line,
  { source, peer }: Visitor,
  { cancelKeys, guestBook, tls, settings }: House,
  signal: AbortSignal,
  log: SessionLog,
): Promise<StartupPacket | null> {
  const gss: GssOffer = {
    begin: async () => {
      const begun = await beginGssContext(settings.krb_server_keyfile, source, signal);
      return "status" in begun ? null : begun;
    },
    report: ({ message, ...more }) => log.log("LOG", message, more),
  };
  // Nobody listens in on a Unix socket.
  const local = peer.port === null;
  const arrival = await readArrival(line, local ? null : tls.current, local ? null : gss, signal);
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
