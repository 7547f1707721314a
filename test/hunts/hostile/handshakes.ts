import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { encodeSslRequest, encodeStartupPacket } from "@sallyport/wire";
import type { Attacks } from "./attackers.ts";

const packet = encodeStartupPacket([
  ["user", "app"],
  ["database", "postgres"],
]);

/** What a client of TLS says first: made once, since every handshake costs the attacker, too. */
const hello: Promise<Buffer> = new Promise((resolve) => {
  const write = (chunk: Buffer): void => resolve(chunk);
  connect({ socket: new Duplex({ read: () => undefined, write }) }).on("error", () => undefined);
});

/** Each kind, how often it comes in relation to the others, and what it does: those who ask for TLS. */
export const handshakes: Attacks = {
  "stalled after S": [10, async (socket) => await asked(socket)],
  "stalled within the hello": [
    10,
    async (socket, r) => {
      await asked(socket);
      const bytes = await hello;
      socket.write(bytes.subarray(0, 1 + r.below(bytes.length - 1)));
    },
  ],
  "stalled after the hello": [
    10,
    async (socket) => {
      await asked(socket);
      socket.write(await hello);
    },
  ],
  "a hello that is changed": [
    15,
    async (socket, r) => {
      await asked(socket);
      const bytes = Buffer.from(await hello);
      for (let change = 0; change < 4; change += 1) bytes.writeUInt8(r.below(256), r.below(bytes.length));
      socket.write(bytes);
    },
  ],
  "garbage for a hello": [
    10,
    async (socket, r) => {
      await asked(socket);
      socket.write(Buffer.from(r.many(1, 2000, () => r.below(256))));
    },
  ],
  "a record that announces 16 kB": [
    5,
    async (socket) => {
      await asked(socket);
      socket.write(Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc]));
    },
  ],
  "a hello a byte now and then": [
    5,
    async (socket) => {
      await asked(socket);
      for (const byte of await hello) {
        if (socket.destroyed) return;
        socket.write(Buffer.of(byte));
        await delay(100);
      }
    },
  ],
  "stuffed behind the request": [
    5,
    (socket) => void socket.write(Buffer.concat([encodeSslRequest(), packet])),
  ],
  "direct TLS without a name": [5, async (socket) => void (await secured(socket, { direct: true }))],
  "direct TLS with another name": [
    5,
    async (socket) => void (await secured(socket, { direct: true, ALPNProtocols: ["h2"] })),
  ],
  "stalled once TLS stands": [5, async (socket) => void (await secured(socket))],
  "stalled at the SASL request, within TLS": [
    5,
    async (socket) => void (await secured(socket))?.write(packet),
  ],
  "garbage within TLS": [
    5,
    async (socket, r) =>
      void (await secured(socket))?.write(Buffer.from(r.many(1, 2000, () => r.below(256)))),
  ],
  "bytes in clear within TLS": [
    5,
    async (socket) => {
      if (await secured(socket)) socket.write(packet);
    },
  ],
  "gone once TLS stands": [
    5,
    async (socket) => {
      await secured(socket);
      socket.destroy();
    },
  ],
  "reset after the hello": [
    5,
    async (socket) => {
      await asked(socket);
      socket.write(await hello, () => socket.resetAndDestroy());
    },
  ],
};

async function asked(socket: Socket): Promise<void> {
  socket.write(encodeSslRequest());
  await Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => undefined);
}

/** Null: it came to nothing. */
async function secured(
  socket: Socket,
  { direct = false, ...options }: ConnectionOptions & { readonly direct?: boolean } = {},
): Promise<TLSSocket | null> {
  if (!direct) await asked(socket);
  socket.removeAllListeners("data");
  const tls = connect({ socket, rejectUnauthorized: false, ...options });
  tls.on("error", () => undefined);
  tls.on("data", () => undefined);
  const stands = await Promise.race([
    once(tls, "secureConnect").then(() => true),
    once(socket, "close").then(() => false),
  ]).catch(() => false);
  return stands ? tls : null;
}
