import type { Bytes } from "@sallyport/policy";
import { LdapConnection } from "./connection.ts";
import type { Found, LdapLimits } from "./connection.ts";
import { dialLdap, secure } from "./dial.ts";
import type { LdapTrust } from "./dial.ts";
import { LdapFailure } from "./failure.ts";
import type { SearchRequest } from "./request.ts";
import { apiError } from "./result-codes.ts";
import type { LdapServer } from "./server-list.ts";

/** What the outside world is to this client. */
export interface LdapSurroundings {
  /** The addresses of a host name, in the order to try them; none: it has none, or could not be looked up. */
  readonly addressesOf: (host: Bytes) => Promise<readonly string[]>;
  readonly trust: () => Promise<LdapTrust>;
  readonly limits: LdapLimits;
}

/**
 * What OpenLDAP calls a session: the servers are tried in their order when the first operation needs one, and the first
 * one that can be reached is asked from then on.
 */
export class LdapSession {
  readonly #servers: readonly LdapServer[];
  readonly #surroundings: LdapSurroundings;
  readonly #signal: AbortSignal;
  #connection: LdapConnection | null = null;
  #server: LdapServer | null = null;

  constructor(servers: readonly LdapServer[], surroundings: LdapSurroundings, signal: AbortSignal) {
    this.#servers = servers;
    this.#surroundings = surroundings;
    this.#signal = signal;
  }

  async startTls(): Promise<void> {
    const { limits } = this.#surroundings;
    // Before anything is sent: the handshake has to follow at once on the answer.
    const trust = await this.#surroundings.trust();
    const connection = await this.#open();
    const socket = await connection.startTls(this.#signal);
    const { host, tls } = this.#server ?? { host: "", tls: true };
    if (tls) throw new LdapFailure(apiError.localError);
    const secured = await secure(socket, host, trust, apiError.connectError, limits, this.#signal);
    this.#connection = new LdapConnection(secured, limits);
  }

  async bind(dn: Bytes, password: Bytes): Promise<void> {
    await (await this.#open()).bind(dn, password, this.#signal);
  }

  async search(request: SearchRequest): Promise<Found> {
    return await (await this.#open()).search(request, this.#signal);
  }

  unbind(): void {
    this.#connection?.unbind();
    this.#connection = null;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async #open(): Promise<LdapConnection> {
    if (this.#connection !== null) return this.#connection;
    let failure = new LdapFailure(apiError.serverDown);
    for (const server of this.#servers) {
      for (const address of await this.#surroundings.addressesOf(server.host)) {
        try {
          this.#connection = await this.#connect(server, address);
          this.#server = server;
          return this.#connection;
        } catch (error) {
          if (!(error instanceof LdapFailure)) throw error;
          failure = error;
        }
      }
    }
    throw failure;
  }

  async #connect({ host, port, tls }: LdapServer, address: string): Promise<LdapConnection> {
    const { limits } = this.#surroundings;
    const trust = tls ? await this.#surroundings.trust() : null;
    const socket = await dialLdap(host, address, port, limits, this.#signal);
    if (trust === null) return new LdapConnection(socket, limits);
    const secured = await secure(socket, host, trust, apiError.serverDown, limits, this.#signal);
    return new LdapConnection(secured, limits);
  }
}
