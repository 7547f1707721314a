import type { Bytes, HbaRule } from "@sallyport/policy";
import type { OpenedSession, StartupPacket } from "@sallyport/wire";
import type { Peer, SessionLog } from "../log/index.ts";
import type { GssSession } from "../gss/gss-session.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import { applicationNameOf } from "./application-name.ts";

/** Where a connection is on its way; `session` is the relay. */
export type Stage =
  | "waiting"
  | "startup"
  | "catalogue"
  | "decision"
  | "authentication"
  | "upstream"
  | "session";

/** The session of a role behind a connection. */
export interface UpstreamPlace {
  /** `127.0.0.1:5432`, `[::1]:5432`, or the path of a Unix socket. */
  readonly server: string;
  /** Of the backend; null if it did not say. */
  readonly pid: number | null;
}

/** Takes the time that a stage took. */
export type StageMeter = (stage: Stage, milliseconds: number) => void;

/** One connection, from its arrival to its end: what has become known of it. The log, `status` and metrics tell it. */
export class Visit {
  /** The number that the log shows: a gateway has no process for each session. */
  readonly pid: number;
  readonly startTime: Date;
  readonly log: SessionLog;
  readonly #meter: StageMeter;
  #peer: Peer;
  #stage: Stage = "waiting";
  #since: number = performance.now();
  #packet: StartupPacket | null = null;
  #tls: TlsSession | null = null;
  #gss: GssSession | null = null;
  #rule: HbaRule | null = null;
  #identity: Bytes | null = null;
  #upstream: UpstreamPlace | null = null;

  constructor(start: VisitStart, meter: StageMeter) {
    this.pid = start.pid;
    this.startTime = start.startTime;
    this.#peer = start.peer;
    this.log = start.log;
    this.#meter = meter;
  }

  /** The other end; of a connection that a proxy passes on, the client of the proxy. */
  get peer(): Peer {
    return this.#peer;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Null: not read yet. */
  get packet(): StartupPacket | null {
    return this.#packet;
  }

  /** Null: there is no TLS, or nothing is known of it yet. */
  get tls(): TlsSession | null {
    return this.#tls;
  }

  /** Null: there is no GSSAPI encryption, or nothing is known of it yet. */
  get gss(): GssSession | null {
    return this.#gss;
  }

  /** The rule that decided; null: none yet, or none did. */
  get rule(): HbaRule | null {
    return this.#rule;
  }

  /** Who the method proved; null: nobody yet, or it proves none (trust). */
  get identity(): Bytes | null {
    return this.#identity;
  }

  get upstream(): UpstreamPlace | null {
    return this.#upstream;
  }

  get applicationName(): Bytes | undefined {
    return this.#packet === null ? undefined : applicationNameOf(this.#packet.parameters);
  }

  enter(stage: Stage): void {
    this.leave();
    this.#stage = stage;
  }

  /** A proxy has said whose connection it is. */
  introduced(peer: Peer): void {
    this.#peer = peer;
    this.log.learn({ remoteHost: peer.host, remotePort: peer.port });
  }

  /** The last stage is over. */
  leave(): void {
    const now = performance.now();
    this.#meter(this.#stage, now - this.#since);
    this.#since = now;
  }

  arrived(packet: StartupPacket, tls: TlsSession | null, gss: GssSession | null): void {
    this.#packet = packet;
    this.#tls = tls;
    this.#gss = gss;
    const { user, database, replication } = packet;
    const backendType = replication === false ? "client backend" : "walsender";
    this.log.learn({ user, database, backendType, ps: "authentication" });
  }

  ruled(rule: HbaRule | null): void {
    this.#rule = rule;
  }

  proved(identity: Bytes | null): void {
    this.#identity = identity;
  }

  opened({ server, backendKey }: Pick<OpenedSession, "server" | "backendKey">): void {
    this.#upstream = { server, pid: backendKey?.processId ?? null };
  }
}

export interface VisitStart {
  readonly pid: number;
  readonly startTime: Date;
  readonly peer: Peer;
  readonly log: SessionLog;
}
