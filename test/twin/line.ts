import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { MessageReader, orAborted, tlsServerEndPoint, WireError } from "@sallyport/wire";
import { secured } from "./tls-client.ts";
import type { TlsClient } from "./tls-client.ts";

/** A client's end of a connection: as it was made and, once the client has gone over, TLS over it. */
export class ClientLine {
  readonly #raw: Socket;
  readonly #pieces: number | null;
  #reader: MessageReader;
  #tls: TLSSocket | null = null;
  #endPoint: Buffer | null = null;

  /** @param pieces how many bytes are sent at a time; null: all */
  constructor(raw: Socket, pieces: number | null) {
    this.#raw = raw;
    this.#pieces = pieces;
    this.#reader = new MessageReader(raw);
  }

  get reader(): MessageReader {
    return this.#reader;
  }

  /** Null: all is said in plain. */
  get tls(): TLSSocket | null {
    return this.#tls;
  }

  /** What a login can be bound to; null: nothing. */
  get endPoint(): Buffer | null {
    return this.#endPoint;
  }

  /** In pieces that arrive one by one, if not as small as would take long. */
  async say(bytes: Buffer): Promise<void> {
    const size = Math.max(this.#pieces ?? Infinity, Math.ceil(bytes.length / 200), 1);
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) await nextTurn();
      if (this.#socket.writable) this.#socket.write(bytes.subarray(at, at + size));
    }
  }

  /** Says no more. */
  end(): void {
    this.#socket.end();
  }

  /**
   * Goes over to TLS, whose hello has been said.
   *
   * @returns what has been settled: version, suite, name of the protocol, certificate of the server
   * @throws {WireError} the handshake came to nothing
   */
  async secure({ socket, goOn }: TlsClient, signal: AbortSignal): Promise<string> {
    const done = secured(socket);
    goOn(this.#raw, this.#reader.release());
    this.#tls = socket;
    this.#reader = new MessageReader(socket);
    if (!(await orAborted(done, signal))) throw new WireError("peer_closed", "there is no TLS");
    // It can be had once.
    const certificate = socket.getPeerX509Certificate();
    this.#endPoint = certificate ? tlsServerEndPoint(certificate.raw) : null;
    const protocol = socket.alpnProtocol === false ? "no name" : socket.alpnProtocol;
    return [socket.getProtocol(), socket.getCipher().name, protocol, certificate?.fingerprint256].join(" ");
  }

  /** When the other side has closed: an alert comes before that, and what is logged about it may come in between. */
  async closed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#raw.once("close", resolve).resume();
    if (!this.#raw.closed) await orAborted(promise, signal);
  }

  destroy(): void {
    this.#reader.release();
    this.#tls?.destroy();
    this.#raw.destroy();
  }

  get #socket(): Socket {
    return this.#tls ?? this.#raw;
  }
}
