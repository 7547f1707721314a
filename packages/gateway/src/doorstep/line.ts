import type { Socket } from "node:net";
import { MessageReader } from "@sallyport/wire";
import type { TlsServer } from "../tls/tls-server.ts";
import { tlsSessionOf } from "../tls/tls-session.ts";
import type { TlsSession } from "../tls/tls-session.ts";

/** The line to a client: the connection as it came and, once the client has asked for TLS, TLS over it. */
export class Line {
  #socket: Socket;
  #reader: MessageReader;
  #tls: TlsSession | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new MessageReader(socket);
  }

  /** Where to write. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Where to read. */
  get reader(): MessageReader {
    return this.#reader;
  }

  /** Null: the connection is not encrypted. */
  get tls(): TlsSession | null {
    return this.#tls;
  }

  /**
   * Goes over to TLS. What has been received by now counts as the beginning of the handshake.
   *
   * @throws {HandshakeFailure}
   * @throws {WireError} the signal's reason
   */
  async secure(server: TlsServer, signal: AbortSignal): Promise<TlsSession> {
    const received = this.#reader.release();
    const socket = await server.accept(this.#socket, received, signal);
    this.#socket = socket;
    this.#reader = new MessageReader(socket);
    this.#tls = tlsSessionOf(socket, server.configuration);
    return this.#tls;
  }

  /** Lets go of it, when what was written has gone out. */
  close(): void {
    this.#reader.release();
    this.#socket.destroySoon();
  }
}
