import type { Socket } from "node:net";
import { MessageReader } from "@sallyport/wire";
import type { GssContext } from "@sallyport/methods/os";
import type { GssSession } from "../gss/gss-session.ts";
import { goOverToGss } from "../gss/gss-session.ts";
import type { LoggedFault } from "../tls/handshake-fault.ts";
import type { TlsServer } from "../tls/tls-server.ts";
import { tlsSessionOf } from "../tls/tls-session.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import type { ClientStream } from "./client-stream.ts";

/** The line to a client: the connection as it came and, once the client has asked for it, TLS or GSSAPI encryption over it. */
export class Line {
  /** The connection as it came. */
  readonly #bare: Socket;
  #socket: ClientStream;
  #reader: MessageReader;
  #tls: TlsSession | null = null;
  #gss: GssSession | null = null;

  constructor(socket: Socket) {
    this.#bare = socket;
    this.#socket = socket;
    this.#reader = new MessageReader(socket);
  }

  /** Where to write. */
  get socket(): ClientStream {
    return this.#socket;
  }

  /** Where to read. */
  get reader(): MessageReader {
    return this.#reader;
  }

  /** Null: there is no TLS. */
  get tls(): TlsSession | null {
    return this.#tls;
  }

  /** Null: there is no GSSAPI encryption. */
  get gss(): GssSession | null {
    return this.#gss;
  }

  /**
   * Goes over to TLS. What has been received by now counts as the beginning of the handshake.
   *
   * @throws {HandshakeFailure}
   * @throws {WireError} the signal's reason
   */
  async secure(server: TlsServer, signal: AbortSignal): Promise<TlsSession> {
    const received = this.#reader.release();
    const socket = await server.accept(this.#bare, received, signal);
    this.#socket = socket;
    this.#reader = new MessageReader(socket);
    this.#tls = tlsSessionOf(socket, server.configuration);
    return this.#tls;
  }

  /**
   * Goes over to GSSAPI encryption. What has been received by now is thrown away: nobody who waits for an answer sends more.
   *
   * @param context just begun; closed with the connection, or when this fails
   * @param report hears why the connection was broken off later on, if a packet was to blame
   * @throws {GssFailure}
   * @throws {WireError} the client left, or the signal's reason
   */
  async secureByGss(
    context: GssContext,
    report: (fault: LoggedFault) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#reader.release();
    this.#reader = new MessageReader(this.#bare);
    const { stream, session } = await goOverToGss(this.#bare, this.#reader, context, report, signal);
    this.#socket = stream;
    this.#reader = new MessageReader(stream);
    this.#gss = session;
  }

  /** Lets go of it, when what was written has gone out. */
  close(): void {
    this.#reader.release();
    this.#socket.destroySoon();
  }
}
