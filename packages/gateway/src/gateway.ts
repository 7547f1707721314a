import type { Socket } from "node:net";
import { utf8Bytes } from "@sallyport/policy";
import { Issuers } from "@sallyport/methods";
import { PamPool } from "@sallyport/methods/os";
import type { Bytes, Policy } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";
import type { AuthFile } from "./catalog/auth-file.ts";
import { Catalog } from "./catalog/catalog.ts";
import { secretSource } from "./catalog/secret-source.ts";
import type { Settings } from "./config/index.ts";
import { openDoors } from "./doorstep/listen.ts";
import type { InheritedSocket, Listener, Welcome } from "./doorstep/listen.ts";
import { setSocketOptions } from "./doorstep/socket-options.ts";
import { systemReason } from "./log/system-reason.ts";
import { visitorOf } from "./doorstep/visitor.ts";
import type { Visitor } from "./doorstep/visitor.ts";
import { WaitingRoom, waitingRoomLimits } from "./doorstep/waiting-room.ts";
import { shutdownRequest } from "./log/index.ts";
import type { Logger } from "./log/index.ts";
import { Resolver, systemNames } from "./resolver/index.ts";
import type { NameService } from "./resolver/index.ts";
import type { Guest } from "./session/guest.ts";
import { GuestBook, noMeter } from "./session/guest-book.ts";
import type { Meter } from "./session/guest-book.ts";
import { isProxy } from "./session/introduction.ts";
import { systemLdap } from "./session/methods/ldap.ts";
import type { LdapSurroundings } from "./session/methods/ldap.ts";
import { isNamedInLog } from "./session/log-hostname.ts";
import { issuerAddresses } from "./session/methods/oauth-addresses.ts";
import { readIssuerAuthorities } from "./session/methods/oauth-files.ts";
import { logEnd, logReady, logReceived } from "./session/session-log.ts";
import { ServiceQueues } from "./session/service-queues.ts";
import type { ServiceLoad } from "./session/service-queues.ts";
import { Slots } from "./session/slots.ts";
import { Stay } from "./session/stay.ts";
import { Stopping } from "./session/stopping.ts";
import type { StopMode } from "./session/stopping.ts";
import { Visit } from "./session/visit.ts";
import { letIn } from "./session/way-in.ts";
import type { House } from "./session/way-in.ts";
import type { TlsServer } from "./tls/tls-server.ts";
import { passwordsRefusal } from "./upstream/access.ts";
import { CancelKeys } from "./upstream/cancel-keys.ts";
import { SessionPool } from "./upstream/pool/session-pool.ts";
import type { PoolState } from "./upstream/pool/session-pool.ts";

export type { StopMode } from "./session/stopping.ts";

export interface GatewayOptions {
  /** Those of context `sighup` may change: `Gateway.apply`. */
  readonly settings: Settings;
  /** Asked anew for each login, so that a reload counts from the next one on. */
  readonly policy: { readonly current: Policy };
  /** Asked anew for each connection, too; default: there is none. */
  readonly tls?: { readonly current: TlsServer | null } | undefined;
  /** Where sessions are opened; user, password and database are those of the catalogue session. */
  readonly upstream: ConnectionOptions;
  /** What `auth_file` says, if secrets come from there. Asked anew for each login. */
  readonly authFile?: { readonly current: AuthFile } | null | undefined;
  /** 32 secret bytes that stay the same for this gate. */
  readonly nodeKey: Buffer;
  readonly logger: Logger;
  readonly clock: () => Date;
  /** Default: nobody counts. */
  readonly meter?: Meter | undefined;
  /** Default: the resolver of the system. */
  readonly names?: NameService | undefined;
  /** Default: as the system is set up, whatever stands in the environment. */
  readonly ldap?: LdapSurroundings | undefined;
  /** Where the service files of PAM are; default: where the system has them. */
  readonly pamDirectory?: Bytes | undefined;
  /** Where the Ident servers of clients listen; default: 113, as PostgreSQL has it. */
  readonly identPort?: number | undefined;
  /** Sockets that a service manager opened: in place of those that the settings name. */
  readonly sockets?: readonly InheritedSocket[] | undefined;
}

/**
 * Opens the catalogue session and the doors.
 *
 * @throws {Error} if the catalogue cannot be asked or no door can be opened: then nothing stays open
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new Gateway(options);
  try {
    await gateway.open();
  } catch (error) {
    await gateway.stop("immediate");
    throw error;
  }
  return gateway;
}

const noTls = { current: null };

/** Milliseconds in which the upstream has to take the cancel requests of a stop, however many there are. */
const cancelWithin = 5000;

/** Milliseconds for an answer of an issuer of OAuth tokens. */
const issuerPatience = 5000;

/** A running gateway: its doors, its catalogue session, and who is in. */
export class Gateway {
  readonly guestBook: GuestBook;
  readonly #options: GatewayOptions;
  readonly #catalog: Catalog;
  readonly #sockets = new Set<Socket>();
  /** Of those who are in, by the connection as it came. */
  readonly #stays = new Map<Socket, Stay>();
  #doors: readonly Listener[] = [];
  readonly #waitingRoom: WaitingRoom;
  readonly #slots: Slots;
  readonly #services: ServiceQueues = new ServiceQueues();
  readonly #resolver: Resolver;
  readonly #ldap: LdapSurroundings;
  readonly #pam: PamPool = new PamPool();
  readonly #cancelKeys: CancelKeys;
  /** Null: sessions upstream are not used again. */
  readonly #pool: SessionPool | null;
  readonly #issuers: Issuers;
  readonly #ended: AbortController = new AbortController();
  readonly #stopping: Stopping = new Stopping();
  /** One for all, since ten thousand sockets would keep ten thousand of them. */
  readonly #forget: (this: Socket) => void;
  #nextPid = process.pid;
  #house: House;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.guestBook = new GuestBook(options.meter ?? noMeter);
    const source = secretSource(options.settings, options.authFile ?? null);
    const sessions = options.settings.pool_mode === "session";
    this.#pool = sessions ? new SessionPool(() => this.#house.settings, options.logger) : null;
    this.#catalog = new Catalog(options.upstream, options.logger, { source, sessions });
    this.#waitingRoom = new WaitingRoom(waitingRoomLimits(options.settings.max_connections));
    this.#slots = new Slots(options.settings);
    this.#cancelKeys = new CancelKeys(options.nodeKey);
    this.#resolver = new Resolver(options.names ?? systemNames);
    this.#ldap = options.ldap ?? systemLdap({});
    this.#issuers = new Issuers({
      now: options.clock,
      authorities: async () => await readIssuerAuthorities(this.#house.settings),
      addressesOf: issuerAddresses(this.#resolver),
      patience: issuerPatience,
      signal: this.#ended.signal,
    });
    this.#house = this.#houseOf(options.settings);
    const sockets = this.#sockets;
    this.#forget = function forget() {
      sockets.delete(this);
    };
  }

  /** The names of the doors, in the order of the settings. */
  get doors(): readonly string[] {
    return this.#doors.map(({ name }) => name);
  }

  /** How it is ending; null: it is not. */
  get stopMode(): StopMode | null {
    return this.#stopping.mode;
  }

  /** Of the `max_connections`. */
  get slotsTaken(): number {
    return this.#slots.taken;
  }

  /** The processes of PAM that there are now. */
  get pamProcesses(): readonly number[] {
    return this.#pam.pids;
  }

  /** Of the sessions upstream that are used again; null: none is. */
  get pool(): PoolState | null {
    return this.#pool?.state ?? null;
  }

  /** Logins that are with services outside of the gateway, or wait for them. */
  get serviceLoad(): ServiceLoad {
    return this.#services.load;
  }

  /** Nobody comes in any more. */
  get isClosing(): boolean {
    return this.#stopping.mode !== null;
  }

  /** Settings that were reloaded: they count for connections that come from now on. */
  apply(settings: Settings): void {
    this.#house = this.#houseOf(settings);
  }

  /** Asks the catalogue whether it answers. Null: it does; else why not, for people. */
  async catalogFault(signal: AbortSignal): Promise<string | null> {
    return await this.#catalog.fault(signal);
  }

  async open(): Promise<void> {
    const { settings, logger, sockets, upstream } = this.#options;
    const refusal = passwordsRefusal(settings, upstream);
    if (refusal !== null) throw refusal;
    await this.#catalog.open();
    const welcome: Welcome = (socket, kind) => this.#receive(socket, kind);
    this.#doors = await openDoors(settings, logger, welcome, sockets);
    logger.log("LOG", "gateway is ready to accept connections");
  }

  /**
   * Ends everything as `mode` says, and resolves when nothing is left. While a smart stop waits, the doors stay open to
   * say why nobody comes in, and for cancel requests; a harder stop overtakes it.
   */
  async stop(mode: StopMode): Promise<void> {
    const { logger } = this.#options;
    if (this.#stopping.ask(mode) && this.#doors.length > 0) logger.log("LOG", shutdownRequest[mode]);
    await this.#stopping.once(async () => await this.#end());
  }

  async #end(): Promise<void> {
    if (this.#stopping.mode === "smart") {
      const patience = this.#house.settings.shutdown_timeout * 1000;
      await this.#stopping.wait(this.guestBook.whenNone(endsByItself), patience);
    }
    const doors = this.#doors;
    this.#doors = [];
    await Promise.all(doors.map(async (door) => await this.#close(door)));
    const stays = [...this.#stays.values()];
    for (const socket of this.#sockets) if (!this.#stays.has(socket)) socket.destroy();
    this.#ended.abort();
    const mode = this.#stopping.mode ?? "immediate";
    const tooLate = setTimeout(() => this.#cancelKeys.close(), cancelWithin);
    await Promise.all(stays.map(async (stay) => await stay.end(mode)));
    clearTimeout(tooLate);
    this.#cancelKeys.close();
    await this.guestBook.whenNone(() => true);
    await this.#pool?.close();
    await this.#pam.close();
    await this.#catalog.close();
    if (doors.length > 0) this.#options.logger.log("LOG", "gateway is shut down");
  }

  /** A door that cannot be closed wholly, such as one whose lock file cannot be removed, keeps nobody inside. */
  async #close(door: Listener): Promise<void> {
    await door.close().catch((error: unknown) => {
      this.#options.logger.log("LOG", `could not close ${utf8Bytes(door.name)}: ${systemReason(error)}`);
    });
  }

  #receive(socket: Socket, kind: Listener["kind"]): void {
    socket.on("error", ignore); // whoever reads hears of it too; this keeps the process alive
    const visitor = visitorOf(socket, kind);
    if (visitor === null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", this.#forget);
    const visit = this.#visitOf(visitor);
    this.guestBook.enter(visit);
    void this.#serve(visitor, visit);
  }

  #visitOf({ peer }: Visitor): Visit {
    const { logger, clock } = this.#options;
    const startTime = clock();
    this.#nextPid += 1;
    const pid = this.#nextPid;
    const log = logger.session({ pid, startTime, remoteHost: peer.host, remotePort: peer.port });
    return new Visit({ pid, startTime, peer, log }, this.guestBook.meter.stage);
  }

  async #serve(visitor: Visitor, visit: Visit): Promise<void> {
    const { socket, peer } = visitor;
    const { clock } = this.#options;
    const house = this.#house;
    const { settings } = house;
    const { log } = visit;
    let guest: Guest | null = null;
    try {
      if (peer.port !== null) setSocketOptions(socket, settings, log);
      if (!isNamedInLog(visitor, settings) && !isProxy(visitor, settings)) logReceived(log, settings, peer);
      guest = await letIn(visitor, house, visit);
      if (guest === null) return;
      const stay = new Stay(guest, visit, house);
      this.#stays.set(socket, stay);
      logReady(visit, settings, guest, clock());
      const { by } = await stay.last();
      this.guestBook.meter.end(by);
      logEnd(visit, settings, guest, clock());
    } finally {
      this.#stays.delete(socket);
      guest?.slot?.leave();
      visit.leave();
      this.guestBook.leave(visit);
    }
  }

  #houseOf(settings: Settings): House {
    const { nodeKey, policy, upstream, tls, clock, pamDirectory = null, identPort = 113 } = this.#options;
    return {
      settings,
      nodeKey,
      policy,
      isClosing: () => this.isClosing,
      catalog: this.#catalog,
      upstream,
      waitingRoom: this.#waitingRoom,
      slots: this.#slots,
      pool: this.#pool,
      services: this.#services,
      resolver: this.#resolver,
      ldap: this.#ldap,
      pam: { processes: this.#pam, directory: pamDirectory },
      identPort,
      guestBook: this.guestBook,
      cancelKeys: this.#cancelKeys,
      clock,
      issuers: this.#issuers,
      tls: tls ?? noTls,
    };
  }
}

/** Walsenders do not, and who has not said what he wants is no session. */
function endsByItself({ packet }: Visit): boolean {
  return packet?.replication === false;
}

function ignore(): void {
  // The stages that read from the socket see its errors; nothing is left to do here.
}
