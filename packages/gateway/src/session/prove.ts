import type { Bytes, HbaRule, Policy } from "@sallyport/policy";
import type { MethodLog, MethodOutcome } from "@sallyport/methods";
import { encodeAuthentication } from "@sallyport/wire";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../catalog/catalog.ts";
import type { Line } from "../doorstep/line.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import type { Turn } from "../doorstep/waiting-room.ts";
import { admitCertificate } from "./certificate.ts";
import { socketExchange } from "./exchange.ts";
import { admitIdentity } from "./identity.ts";
import { authenticate } from "./authenticate.ts";
import type { Login, MethodSurroundings } from "./methods/login.ts";
import type { ServiceQueues } from "./service-queues.ts";
import { logAuthenticated } from "./session-log.ts";
import type { Visit } from "./visit.ts";

/** Somebody who has met a rule. */
export interface Claim {
  readonly visitor: Visitor;
  /** To be talked to; nobody who waits for an outside service needs it. */
  readonly turn: Turn;
  readonly line: Line;
  readonly packet: StartupPacket;
  readonly policy: Policy;
  readonly rule: HbaRule;
  readonly row: LoginRow;
}

export interface ProvingSurroundings extends MethodSurroundings {
  readonly services: ServiceQueues;
}

/** What a method came to for whom rule, method, map and certificate let in. */
export interface Proved {
  readonly outcome: Extract<MethodOutcome, { kind: "proved" }>;
  /** Milliseconds that the method took. */
  readonly authentication: number;
  /** Takes note of who it is: of a password that nobody has judged yet, once somebody has. */
  readonly tell: () => void;
}

/**
 * Runs the method of the rule, and holds what it proves against the role: by the map, and by the certificate.
 *
 * @param keep takes the outcome as soon as it is there, so that what is secret in it can be wiped whatever follows
 * @returns null: the client went away
 * @throws {FatalError} it is not who it says
 */
export async function prove(
  { visitor, turn, line, packet, policy, rule, row }: Claim,
  house: ProvingSurroundings,
  visit: Visit,
  signal: AbortSignal,
  keep: (outcome: Proved["outcome"]) => void,
): Promise<Proved | null> {
  const { log } = visit;
  const { tls, gss } = line;
  const { user } = packet;
  const began = performance.now();
  const exchange = socketExchange(line, signal, log);
  const { source } = visitor;
  const turns = house.services.turnsFor({ source, turn, signal }, house.settings);
  const methodLog: MethodLog = (message, { severity = "LOG", ...more } = {}) =>
    log.log(severity, message, more);
  const login: Login = {
    profile: policy.profile,
    packet,
    row,
    visitor,
    asker: { source, signal, aside: turn.aside },
    exchange,
    tls,
    gss,
    turns,
    log: methodLog,
    signal,
  };
  const tellOf = (identity: Bytes | null): void => {
    visit.proved(identity);
    logAuthenticated(log, house.settings, rule, packet, identity);
  };
  const outcome = await authenticate(rule, login, house, tellOf);
  if (outcome.kind === "gone") return null;
  keep(outcome);
  const authentication = performance.now() - began;
  const { identity, systemUser = identity } = outcome;
  const tell = (): void => tellOf(identity);
  // Who it is shows at once, and that nobody knows it when nothing else stands against it.
  if (outcome.unjudged !== true && identity !== null) tell();
  try {
    admitIdentity(policy, rule, user, systemUser, row, log);
  } catch (error) {
    if ((await outcome.beforeRefusal?.()) === "gone") return null;
    throw error;
  }
  try {
    admitCertificate(policy, rule, user, tls, row, log);
  } catch (error) {
    // That its proof was right the client hears all the same.
    if (outcome.last !== null) line.socket.write(encodeAuthentication(outcome.last));
    throw error;
  }
  if (identity === null) tell();
  return { outcome, authentication, tell };
}
