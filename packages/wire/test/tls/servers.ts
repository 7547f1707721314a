/** Servers on TCP that begin TLS in all the wrong ways, and note what they were told. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions, TLSSocket } from "node:tls";
import { errorResponse } from "../fake-servers.ts";

/** What a server does with the first bytes of a connection, and what it notes. */
export type Conduct = (socket: Socket, note: (what: string) => void) => void;

export interface TlsServer extends AsyncDisposable {
  readonly port: number;
  /** `host=… port=…` and somebody to be. */
  readonly conninfo: string;
  readonly notes: () => readonly string[];
  readonly forget: () => void;
}

export async function tlsServer(conduct: Conduct): Promise<TlsServer> {
  const notes: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    notes.push("connect");
    conduct(socket, (what) => void notes.push(what));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    conninfo: `host=127.0.0.1 port=${port} user=u dbname=d gssencmode=disable`,
    notes: () => [...notes],
    forget: () => void notes.splice(0),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export const isSslRequest = (bytes: Buffer): boolean =>
  bytes.length === 8 && bytes.readInt32BE(4) === 80877103;

export const noEntry: Buffer = errorResponse("28000", "no entry in clear");

/** What a first message is. */
export function nameOf(bytes: Buffer): string {
  if (isSslRequest(bytes)) return "SSLRequest";
  if (bytes[0] === 0x16) return "hello";
  if (bytes.length > 8 && bytes.readInt32BE(4) === 80877102) return "cancel";
  return bytes.includes("user\0") ? "startup" : "other";
}

/** Answers an SSLRequest by `answer`, what follows by `then`, and a startup packet without TLS by an error. */
export function answers(answer: string | Buffer | null, then: string | Buffer | null = null): Conduct {
  return (socket, note) => {
    socket.on("data", (bytes: Buffer) => {
      note(nameOf(bytes));
      if (isSslRequest(bytes)) {
        if (answer === null) socket.end();
        else socket.write(answer);
      } else if (nameOf(bytes) === "startup") socket.end(noEntry);
      else if (then === null) socket.end();
      else socket.end(then);
    });
  };
}

/** Speaks TLS, by SSLRequest or from the first byte on; what comes in there is for `then`. */
export function encrypts(
  options: TlsOptions,
  then: (socket: TLSSocket, first: Buffer, note: (what: string) => void) => void,
): Conduct {
  return (socket, note) => {
    const upgrade = (): void => {
      const server = createTlsServer({ ALPNProtocols: ["postgresql"], ...options });
      server.on("tlsClientError", () => undefined);
      server.on("secureConnection", (encrypted) => {
        note("secure");
        encrypted.on("error", () => undefined);
        encrypted.once("data", (first: Buffer) => {
          note(nameOf(first));
          then(encrypted, first, note);
        });
      });
      server.emit("connection", socket);
    };
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      note(nameOf(first));
      if (isSslRequest(first)) {
        socket.write("S");
        upgrade();
      } else if (first[0] === 0x16) {
        socket.unshift(first);
        upgrade();
      } else socket.end(noEntry);
    });
  };
}
