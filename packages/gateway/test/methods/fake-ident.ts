/** An Ident server that says what it is told to. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Socket } from "node:net";

export interface FakeIdent extends AsyncDisposable {
  readonly port: number;
  /** What it was asked, and from which address. */
  readonly asked: readonly { readonly question: string; readonly from: string | undefined }[];
  /** What it does from now on when it is asked; a string: what it answers, a byte a character, and closes. */
  behave: (how: string | ((socket: Socket) => void)) => void;
}

/** @param port default: a free one */
export async function startFakeIdent(port = 0, address = "127.0.0.1"): Promise<FakeIdent> {
  let behaviour: (socket: Socket) => void = (socket) => socket.end();
  const asked: { readonly question: string; readonly from: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    socket.once("data", (question) => {
      asked.push({ question: question.toString("latin1"), from: socket.remoteAddress });
      behaviour(socket);
    });
  });
  server.listen({ port, host: address });
  await once(server, "listening");
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === "object" ? bound.port : 0,
    asked,
    behave: (how) => {
      behaviour = typeof how === "string" ? (socket) => socket.end(how, "latin1") : how;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
