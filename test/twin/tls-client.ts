import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { LoginCertificates, LoginTls } from "@sallyport/testkit";

/** A client's half of a handshake that waits to be let go. */
export interface TlsClient {
  readonly socket: TLSSocket;
  /** What it begins with. */
  readonly hello: Buffer;
  /** Goes on over this connection, on which the hello has been sent, with what was received behind the answer. */
  readonly goOn: (raw: Socket, received: Buffer) => void;
}

/** Makes the hello that a client of this kind says. */
export async function tlsClient(
  { version, protocols, certificate }: LoginTls,
  certificates: LoginCertificates["clients"] | undefined,
): Promise<TlsClient> {
  const hello = Promise.withResolvers<Buffer>();
  let say = (bytes: Buffer, done: () => void): void => {
    hello.resolve(bytes);
    done();
  };
  let leave = (done: () => void): void => done();
  const cable = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _, done) => say(bytes, done),
    final: (done) => leave(done),
  });
  const socket = connect({
    socket: cable,
    minVersion: version,
    maxVersion: version,
    // What is too old by now is not spoken otherwise.
    ...(version === "TLSv1.1" && { ciphers: "DEFAULT@SECLEVEL=0" }),
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
    ...(certificate !== null && certificates?.[certificate]),
    rejectUnauthorized: false,
  });
  // Whoever reads hears of it too.
  socket.on("error", () => undefined);
  return {
    socket,
    hello: await hello.promise,
    goOn: (raw, received) => {
      say = (bytes, done) => {
        if (raw.writable) raw.write(bytes);
        done();
      };
      leave = (done) => {
        raw.end();
        done();
      };
      cable.push(received);
      raw.on("data", (bytes) => cable.push(bytes));
      const over = (): unknown => cable.push(null);
      if (raw.closed) over();
      else raw.once("close", over);
    },
  };
}

/** Whether the handshake is a success, as far as the client sees. It may not be one for the server. */
export function secured(socket: TLSSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("secureConnect", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
}
