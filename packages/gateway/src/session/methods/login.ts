import type { Bytes, HbaRule, ServerProfile } from "@sallyport/policy";
import type { Exchange, Issuers, MethodLog, MethodOutcome, ServiceTurns } from "@sallyport/methods";
import type { PamPool } from "@sallyport/methods/os";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../../catalog/catalog.ts";
import type { Settings } from "../../config/index.ts";
import type { Visitor } from "../../doorstep/visitor.ts";
import type { Asker, Resolver } from "../../resolver/index.ts";
import type { GssSession } from "../../gss/gss-session.ts";
import type { TlsSession } from "../../tls/tls-session.ts";
import type { LdapSurroundings } from "./ldap.ts";

/** What the methods need of the gate. */
export interface MethodSurroundings {
  readonly settings: Settings;
  readonly nodeKey: Buffer;
  readonly resolver: Resolver;
  readonly ldap: LdapSurroundings;
  readonly clock: () => Date;
  /** Of the tokens of `oauth` lines. */
  readonly issuers: Issuers;
  readonly pam: PamHouse;
  /** Where Ident servers listen: 113, but for tests. */
  readonly identPort: number;
}

/** Where modules of PAM run. */
export interface PamHouse {
  readonly processes: PamPool;
  /** Where the files of services are; null: where the system has them. */
  readonly directory: Bytes | null;
}

/** A login that has met its rule. */
export interface Login {
  readonly profile: ServerProfile;
  readonly packet: StartupPacket;
  readonly row: LoginRow;
  readonly visitor: Visitor;
  /** On whose behalf names are looked up. */
  readonly asker: Asker;
  readonly exchange: Exchange;
  /** Null: there is no TLS. */
  readonly tls: TlsSession | null;
  /** Null: there is no GSSAPI encryption. */
  readonly gss: GssSession | null;
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
