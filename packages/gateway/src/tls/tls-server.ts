import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import { abortError } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { systemReason } from "../log/system-reason.ts";
import type { TlsConfiguration } from "./read-tls.ts";
import { openSslReason } from "./tls-fault.ts";

/** A handshake that came to nothing. The client has been told by an alert, or is gone. */
export class HandshakeFailure extends Error {
  override readonly name: string = "HandshakeFailure";
  /** The two sides have no version of TLS in common. */
  readonly ofVersions: boolean;

  constructor(reason: Bytes, ofVersions: boolean = false) {
    super(reason);
    this.ofVersions = ofVersions;
  }
}

/** The name by which clients that know of ALPN ask for this protocol (RFC 7301; manual, 54.2.11). */
export const alpnProtocol = "postgresql";

interface Waiting {
  readonly secured: (socket: TLSSocket) => void;
  readonly failed: (error: HandshakeFailure) => void;
}

/**
 * Turns connections into TLS connections, by one configuration. It listens to nothing: sockets are given to it, when
 * their client has asked for TLS.
 *
 * A server, and not a socket by itself, since only a server of Node's tells whether a client's certificate is good. It
 * does not tell whose handshake has ended; the two ends of a connection tell them apart.
 */
export class TlsServer {
  readonly configuration: TlsConfiguration;
  readonly #server: Server;
  readonly #waiting = new Map<string, Waiting>();

  constructor(configuration: TlsConfiguration) {
    this.configuration = configuration;
    this.#server = createServer({ ...configuration.options, ALPNProtocols: [alpnProtocol] });
    this.#server.on("secureConnection", (socket) => {
      const waiting = this.#take(socket);
      if (waiting) waiting.secured(socket);
      else socket.destroy(); // nobody waits for it any more
    });
    this.#server.on("tlsClientError", (error, socket) => {
      socket.on("error", ignore);
      this.#take(socket)?.failed(failureOf(error));
    });
  }

  /**
   * @param early what has been read of the connection already: it is the client's hello
   * @throws {HandshakeFailure}
   * @throws {WireError} the signal's reason, if it comes first
   */
  async accept(socket: Socket, early: Buffer, signal: AbortSignal): Promise<TLSSocket> {
    if (signal.aborted) throw abortError(signal);
    const ends = endsOf(socket);
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    const left = (): void => reject(new HandshakeFailure("EOF detected"));
    const tooLate = (): void => {
      const reason = abortError(signal);
      if (reason.code === "peer_closed") left();
      else reject(reason);
      socket.destroy();
    };
    const waiting: Waiting = { secured: resolve, failed: reject };
    this.#waiting.set(ends, waiting);
    socket.once("close", left);
    signal.addEventListener("abort", tooLate);
    if (early.length > 0) socket.unshift(early);
    // Whoever says no more before TLS stands is gone; afterwards he may still listen.
    const { allowHalfOpen } = socket;
    socket.allowHalfOpen = false;
    this.#server.emit("connection", socket);
    try {
      const secured = await promise;
      secured.allowHalfOpen = allowHalfOpen;
      secured.on("error", ignore); // whoever reads hears of it too; this keeps the process alive
      return secured;
    } finally {
      socket.off("close", left);
      signal.removeEventListener("abort", tooLate);
      if (this.#waiting.get(ends) === waiting) this.#waiting.delete(ends);
    }
  }

  #take(socket: Socket): Waiting | undefined {
    const ends = endsOf(socket);
    const waiting = this.#waiting.get(ends);
    this.#waiting.delete(ends);
    return waiting;
  }
}

/** No two connections have the same at a time. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

const versionReasons: ReadonlySet<Bytes> = new Set([
  "unsupported protocol",
  "wrong version number",
  "version too low",
  "version too high",
  "unknown protocol",
  "no protocols available",
  "tlsv1 alert protocol version",
]);

function failureOf(error: Error): HandshakeFailure {
  if ("syscall" in error) return new HandshakeFailure(systemReason(error));
  if (!("reason" in error)) return new HandshakeFailure("EOF detected");
  const reason = openSslReason(error);
  return new HandshakeFailure(reason, versionReasons.has(reason));
}

function ignore(): void {
  // The stages that read from the socket see its errors; nothing is left to do here.
}
