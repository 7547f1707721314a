import type { Socket } from "node:net";
import type { Policy } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";
import { Catalog } from "./catalog/catalog.ts";
import type { Settings } from "./config/index.ts";
import { openDoors } from "./doorstep/listen.ts";
import type { Listener } from "./doorstep/listen.ts";
import { setSocketOptions } from "./doorstep/socket-options.ts";
import { visitorOf } from "./doorstep/visitor.ts";
import type { Visitor } from "./doorstep/visitor.ts";
import { WaitingRoom, waitingRoomLimits } from "./doorstep/waiting-room.ts";
import { connectionReady, connectionReceived, disconnection, shutdownRequest } from "./log/index.ts";
import type { Logger } from "./log/index.ts";
import { relay } from "./relay/relay.ts";
import { Slots } from "./session/slots.ts";
import { letIn } from "./session/way-in.ts";
import type { House } from "./session/way-in.ts";

export interface GatewayOptions {
  /** Those of context `sighup` may change: `Gateway.apply`. */
  readonly settings: Settings;
  /** Asked anew for each login, so that a reload counts from the next one on. */
  readonly policy: { readonly current: Policy };
  /** Where sessions are opened; user, password and database are those of the catalogue session. */
  readonly upstream: ConnectionOptions;
  /** 32 secret bytes that stay the same for this gate. */
  readonly nodeKey: Buffer;
  readonly logger: Logger;
  readonly clock: () => Date;
}

/** `smart`: sessions may end by themselves within `shutdown_timeout`; `fast`, `immediate`: they are ended now. */
export type StopMode = "smart" | "fast" | "immediate";

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

/** A running gateway: its doors, its catalogue session, and who is in. */
export class Gateway {
  readonly #options: GatewayOptions;
  #settings: Settings;
  readonly #catalog: Catalog;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Promise<void>>();
  #doors: Listener[] = [];
  readonly #waitingRoom: WaitingRoom;
  readonly #slots: Slots;
  #nextPid = process.pid;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#catalog = new Catalog(options.upstream, options.logger);
    this.#waitingRoom = new WaitingRoom(waitingRoomLimits(options.settings.max_connections));
    this.#slots = new Slots(options.settings);
  }

  /** The names of the doors, in the order of the settings. */
  get doors(): readonly string[] {
    return this.#doors.map(({ name }) => name);
  }

  /** Settings that were reloaded: they count for connections that come from now on. */
  apply(settings: Settings): void {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const { settings, logger } = this.#options;
    await this.#catalog.open();
    this.#doors = await openDoors(settings, logger, (socket, kind) => this.#receive(socket, kind));
    logger.log("LOG", "gateway is ready to accept connections");
  }

  /** Closes the doors, then ends the sessions as `mode` says. Resolves when nothing is left. */
  async stop(mode: StopMode): Promise<void> {
    const { logger } = this.#options;
    const settings = this.#settings;
    if (this.#doors.length > 0) logger.log("LOG", shutdownRequest[mode]);
    const doors = this.#doors;
    this.#doors = [];
    await Promise.all(doors.map((door) => door.close()));
    if (mode === "smart") await this.#sessionsEnd(settings.shutdown_timeout * 1000);
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#sessions);
    await this.#catalog.close();
  }

  async #sessionsEnd(withinMs: number): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    await Promise.race([Promise.all(this.#sessions), tooLate]);
    clearTimeout(timer);
  }

  #receive(socket: Socket, kind: Listener["kind"]): void {
    socket.on("error", ignore); // whoever reads hears of it too; this keeps the process alive
    const visitor = visitorOf(socket, kind);
    if (visitor === null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const session = this.#serve(visitor).finally(() => {
      this.#sockets.delete(socket);
      this.#sessions.delete(session);
    });
    this.#sessions.add(session);
  }

  async #serve(visitor: Visitor): Promise<void> {
    const { socket, peer } = visitor;
    const { logger, clock } = this.#options;
    const settings = this.#settings;
    const startTime = clock();
    this.#nextPid += 1;
    const log = logger.session({
      pid: this.#nextPid,
      startTime,
      remoteHost: peer.host,
      remotePort: peer.port,
    });
    if (peer.port !== null) setSocketOptions(socket, settings, log);
    if (settings.log_connections.includes("receipt")) log.log("LOG", connectionReceived(peer));
    const guest = await letIn(visitor, this.#house(), log);
    if (guest === null) {
      socket.destroySoon();
      return;
    }
    try {
      if (settings.log_connections.includes("setup_durations")) {
        const total = clock().getTime() - startTime.getTime();
        log.log("LOG", connectionReady({ total, fork: 0, authentication: guest.authentication }));
      }
      await relay(socket, guest.upstream.stream);
      if (settings.log_disconnections) {
        const { user, database } = guest.packet;
        const milliseconds = clock().getTime() - startTime.getTime();
        log.log("LOG", disconnection({ milliseconds, user, database, ...peer }));
      }
    } finally {
      guest.slot?.leave();
    }
  }

  #house(): House {
    const { nodeKey, policy, upstream } = this.#options;
    return {
      settings: this.#settings,
      nodeKey,
      policy: () => policy.current,
      catalog: this.#catalog,
      upstream,
      waitingRoom: this.#waitingRoom,
      slots: this.#slots,
    };
  }
}

function ignore(): void {
  // The stages that read from the socket see its errors; nothing is left to do here.
}
