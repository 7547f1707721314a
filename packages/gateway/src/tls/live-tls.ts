import type { Settings } from "../config/index.ts";
import { readTls } from "./read-tls.ts";
import { TlsFault } from "./tls-fault.ts";
import { TlsServer } from "./tls-server.ts";

/**
 * TLS as it is offered now. A reload reads certificates, keys and lists anew, and all of them count from the next connection on, or none
 * (manual, 18.9.5).
 */
export class LiveTls {
  readonly #uid: number;
  #current: TlsServer | null;

  /** @param uid of the user that the gateway runs as */
  constructor(current: TlsServer | null, uid: number) {
    this.#current = current;
    this.#uid = uid;
  }

  /** @throws {TlsFault} then a gateway does not start */
  static async start(settings: Settings, uid: number = ownUser()): Promise<LiveTls> {
    const current = settings.ssl ? new TlsServer(await readTls(settings, { atStart: true, uid })) : null;
    return new LiveTls(current, uid);
  }

  /** Null: clients are told that there is none. */
  get current(): TlsServer | null {
    return this.#current;
  }

  /** Null: it counts now; else why not, and what counted before counts on. */
  async reload(settings: Settings): Promise<TlsFault | null> {
    if (!settings.ssl) {
      this.#current = null;
      return null;
    }
    try {
      this.#current = new TlsServer(await readTls(settings, { atStart: false, uid: this.#uid }));
      return null;
    } catch (error) {
      if (error instanceof TlsFault) return error;
      throw error;
    }
  }
}

function ownUser(): number {
  return process.geteuid?.() ?? 0;
}
