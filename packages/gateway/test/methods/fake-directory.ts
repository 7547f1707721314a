import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** What it was asked: `0x60` a bind, `0x63` a search, `0x77` StartTLS, `0x42` an unbind. */
export interface Asked {
  readonly id: number;
  readonly operation: number;
  readonly bytes: Buffer;
}

/** A server that lies: it says to each request whatever `answer` does with the socket. */
export interface FakeDirectory extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly Asked[];
  readonly connections: () => number;
}

/** @param answer is given each request; they are short enough for lengths of one byte */
export async function startFakeDirectory(
  answer: (asked: Asked, socket: Socket) => void,
  place: { readonly host: string; readonly port: number } = { host: "127.0.0.1", port: 0 },
): Promise<FakeDirectory> {
  const sockets = new Set<Socket>();
  const all: Asked[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      if (bytes[0] !== 0x30) return;
      const asked = { id: bytes[4] ?? 0, operation: bytes[5] ?? 0, bytes };
      all.push(asked);
      answer(asked, socket);
    });
  });
  server.listen(place);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked: all,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** One element of BER with a length of one byte. */
export function element(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  if (content.length > 127) throw new RangeError("too long for a length of one byte");
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

/** An LDAPMessage. */
export function message(id: number, operation: Buffer): Buffer {
  return element(0x30, element(0x02, Buffer.from([id])), operation);
}

/** An LDAPResult: a code, no matched DN, a diagnostic message. */
export function result(tag: number, code = 0, diagnostics = "", ...more: readonly Buffer[]): Buffer {
  return element(tag, element(0x0a, Buffer.from([code])), element(0x04), element(0x04, diagnostics), ...more);
}

export const answers = { bind: 0x61, entry: 0x64, done: 0x65, reference: 0x73, extended: 0x78 } as const;
