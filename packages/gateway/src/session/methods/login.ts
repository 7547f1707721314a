import type { HbaRule, ServerProfile } from "@sallyport/policy";
import type { Exchange, MethodLog, MethodOutcome, ServiceTurns } from "@sallyport/methods";
import type { PeerCredentials } from "@sallyport/methods/os";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../../catalog/catalog.ts";
import type { Settings } from "../../config/index.ts";
import type { GssSession } from "../../gss/gss-session.ts";
import type { TlsSession } from "../../tls/tls-session.ts";

/** What the methods need of the gate. */
export interface MethodSurroundings {
  readonly settings: Settings;
  readonly nodeKey: Buffer;
}

/** A login that has met its rule. */
export interface Login {
  readonly profile: ServerProfile;
  readonly packet: StartupPacket;
  readonly row: LoginRow;
  readonly exchange: Exchange;
  readonly credentials: PeerCredentials | null;
  /** Null: there is no TLS. */
  readonly tls: TlsSession | null;
  /** Null: there is no GSSAPI encryption. */
  readonly gss: GssSession | null;
  /** Whom limits count the client to. */
  readonly source: string;
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
