import { once } from "node:events";
import { createServer, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { acceptDirectly, DirectSocket, encodeErrorResponse } from "@sallyport/wire";
import { Relay } from "../src/relay/relay.ts";
import type { RelayOptions } from "../src/relay/relay.ts";

/** By what a relay reads: straight from the sockets, or from streams, as of TLS. */
export type Reading = "direct" | "stream";

/** Both ends of a connection: as who dialled has it, and as who was dialled. */
export async function connection(
  allowHalfOpen: boolean,
  reading: Reading = "direct",
): Promise<readonly [dialling: Socket, dialled: Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  if (reading === "direct") acceptDirectly(server, (socket) => void server.emit("connection", socket));
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const dialling = new (reading === "direct" ? DirectSocket : Socket)({ allowHalfOpen, noDelay: true });
  dialling.connect({ port, host: "127.0.0.1" });
  await once(dialling, "connect");
  const [dialled] = await accepted;
  server.close();
  for (const socket of [dialling, dialled]) socket.on("error", () => undefined);
  return [dialling, dialled];
}

export const lossWord: Buffer = errorResponse("FATAL", "57P01", "the upstream is lost");

export function fields(severity: string, code: string, text: string): { type: string; value: string }[] {
  return [
    { type: "S", value: severity },
    { type: "V", value: severity },
    { type: "C", value: code },
    { type: "M", value: text },
  ];
}

export function errorResponse(severity: string, code: string, text: string): Buffer {
  return encodeErrorResponse(fields(severity, code, text));
}

/** Milliseconds: more than anything takes here that is not waited for in vain. */
const patience = 1000;

/** Both far ends, and the relay between them. */
export interface Scene extends AsyncDisposable {
  readonly client: Socket;
  readonly upstream: Socket;
  /** The relay's end of the upstream. */
  readonly nearUpstream: Socket;
  readonly relay: Relay;
  readonly heardByClient: Ear;
  readonly heardByUpstream: Ear;
}

/** All that comes to one end. */
export interface Ear {
  readonly length: () => number;
  readonly bytes: () => Buffer;
  readonly atLeast: (length: number) => Promise<void>;
  /** Until the other side has shut its own. */
  readonly all: () => Promise<Buffer>;
}

export function earOf(socket: Socket): Ear {
  const chunks: Buffer[] = [];
  let length = 0;
  let look = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    socket.once("end", resolve);
    socket.once("close", () => resolve());
  });
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    look();
  });
  return {
    length: () => length,
    bytes: () => Buffer.concat(chunks),
    atLeast: async (wanted) => {
      await new Promise<void>((resolve) => {
        look = () => {
          if (length >= wanted) resolve();
        };
        look();
      });
    },
    all: async () => {
      await ended;
      return Buffer.concat(chunks);
    },
  };
}

/** @param reading whether client and upstream read what comes; else they do once they are resumed */
export async function scene(
  reading: { readonly client: boolean; readonly upstream: boolean } = { client: true, upstream: true },
  options: Partial<RelayOptions> = {},
  by: Reading = "direct",
): Promise<Scene> {
  const [client, nearClient] = await connection(true, by);
  const [nearUpstream, upstream] = await connection(false, by);
  const relay = new Relay(nearClient, nearUpstream, { lossWord, patience, ...options });
  const [heardByClient, heardByUpstream] = [earOf(client), earOf(upstream)];
  if (!reading.client) client.pause();
  if (reading.upstream) upstream.resume();
  else upstream.pause();
  relay.start(Buffer.of(), Buffer.of());
  return {
    client,
    upstream,
    nearUpstream,
    relay,
    heardByClient,
    heardByUpstream,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      upstream.destroy();
      const end = await relay.ended;
      // Nothing stays open, however it went.
      if (end.by === "parting" && end.kept) nearUpstream.destroy();
      else expect(nearUpstream.closed).toBe(true);
      if (!nearClient.closed) await once(nearClient, "close");
    },
  };
}
