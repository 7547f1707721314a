import type { HbaRule, ServerProfile } from "@sallyport/policy";
import type { Exchange, MethodLog, MethodOutcome, ServiceTurns } from "@sallyport/methods";
import type { PeerCredentials } from "@sallyport/methods/os";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../../catalog/catalog.ts";
import type { Settings } from "../../config/index.ts";
import type { Visitor } from "../../doorstep/visitor.ts";
import type { Resolver } from "../../resolver/index.ts";
import type { TlsSession } from "../../tls/tls-session.ts";

/** What the methods need of the gate. */
export interface MethodSurroundings {
  readonly settings: Settings;
  readonly nodeKey: Buffer;
  readonly resolver: Resolver;
  /** Where Ident servers listen: 113, but for tests. */
  readonly identPort: number;
}

/** A login that has met its rule. */
export interface Login {
  readonly profile: ServerProfile;
  readonly packet: StartupPacket;
  readonly row: LoginRow;
  readonly exchange: Exchange;
  readonly visitor: Visitor;
  readonly credentials: PeerCredentials | null;
  /** Null: the connection is not encrypted. */
  readonly tls: TlsSession | null;
  readonly turns: ServiceTurns;
  readonly log: MethodLog;
  /** The end of the time for the whole way in. */
  readonly signal: AbortSignal;
}

/** Carries out one method. */
export type RunMethod = (
  login: Login,
  surroundings: MethodSurroundings,
  rule: HbaRule,
) => Promise<MethodOutcome>;
