import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@sallyport/testkit";
import {
  encodeCancelRequest,
  encodeGssencRequest,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeSslRequest,
  encodeStartupPacket,
} from "@sallyport/wire";
import type { Target } from "../../../packages/gateway/test/raw-client.ts";

/** What an attacker does with a connection that has been made; it ends when the gateway closes, if not before. */
export type Attack = (socket: Socket, r: Random) => void | Promise<void>;

const packet = encodeStartupPacket([
  ["user", "app"],
  ["database", "postgres"],
]);
const unknown = encodeStartupPacket([["user", "nobody-knows-me"]]);
const flood = Buffer.concat(Array.from({ length: 1000 }, () => encodeSslRequest()));
const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from("n,,n=,r=hostile"));

/** Each kind, how often it comes in relation to the others, and what it does. */
export type Attacks = Readonly<Record<string, readonly [weight: number, Attack]>>;

export const attacks: Attacks = {
  "stalled after connecting": [12, () => undefined],
  "stalled after SSLRequest": [10, (socket) => void socket.write(encodeSslRequest())],
  "stalled after GSSENCRequest": [4, (socket) => void socket.write(encodeGssencRequest())],
  "stalled within the startup packet": [
    10,
    (socket, r) => void socket.write(packet.subarray(0, 1 + r.below(packet.length - 1))),
  ],
  "stalled at the SASL request": [10, (socket) => void socket.write(packet)],
  "stalled at the SASL challenge": [
    6,
    async (socket) => {
      socket.write(packet);
      await answer(socket);
      socket.write(first);
    },
  ],
  "a byte now and then": [
    4,
    async (socket) => {
      for (const byte of packet) {
        if (socket.destroyed) return;
        socket.write(Buffer.of(byte));
        await delay(100);
      }
    },
  ],
  garbage: [10, (socket, r) => void socket.write(Buffer.from(r.many(1, 2000, () => r.below(256))))],
  "a startup packet of garbage": [
    6,
    (socket, r) => {
      const bytes = Buffer.from(r.many(8, 9000, () => r.below(256)));
      bytes.writeUInt32BE(bytes.length);
      bytes.writeUInt32BE(0x0003_0000, 4);
      socket.write(bytes);
    },
  ],
  "a thousand SSLRequests": [6, (socket) => void socket.write(flood)],
  "shut without a word": [4, (socket) => void socket.end()],
  "shut behind the startup packet": [4, (socket) => void socket.end(packet)],
  "reset at once": [4, (socket) => reset(socket)],
  "reset behind the startup packet": [6, (socket) => void socket.write(packet, () => reset(socket))],
  "gone at the SASL request": [
    4,
    async (socket) => {
      socket.write(packet);
      await answer(socket);
      socket.destroy();
    },
  ],
  "a cancel request": [
    2,
    (socket) => void socket.write(encodeCancelRequest({ processId: 7, secretKey: Buffer.alloc(32) })),
  ],
  "a wrong password": [10, async (socket) => await wrongPassword(socket, packet)],
  "a wrong password of an unknown role": [6, async (socket) => await wrongPassword(socket, unknown)],
  HTTP: [2, (socket) => void socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
};

/** A Unix socket knows no reset. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

async function wrongPassword(socket: Socket, startup: Buffer): Promise<void> {
  socket.write(startup);
  await answer(socket);
  socket.write(first);
  const challenge = (await answer(socket)).toString("latin1", 9);
  const [nonce = ""] = challenge.split(",");
  socket.write(encodeSaslResponse(Buffer.from(`c=biws,${nonce},p=${"A".repeat(43)}=`)));
}

async function answer(socket: Socket): Promise<Buffer> {
  return await new Promise((resolve) => {
    socket.once("data", resolve);
    socket.once("close", () => resolve(Buffer.of()));
  });
}

/** How an attacker's connection ended. */
export type End =
  | "answered, then closed by the gateway"
  | "closed by the gateway unanswered"
  /** Sent away from a full house, as a rule; what is no packet is closed as quickly. */
  | "closed at once unanswered"
  | "closed by the attacker"
  | "could not connect"
  | "left open";

/** Milliseconds. */
const atOnce = 20;

/** One connection of an attacker; `patience` is more than the gateway may take to be rid of it. */
export async function attack(
  target: Target,
  kind: string,
  attacks: Attacks,
  r: Random,
  patience: number,
): Promise<End> {
  const [, act] = attacks[kind] ?? [];
  if (act === undefined) throw new RangeError(`there is no attack "${kind}"`);
  const socket = connect(target);
  const { promise, resolve } = Promise.withResolvers<End>();
  const tooLong = setTimeout(() => resolve("left open"), patience);
  let connected = 0;
  let ours = false;
  socket.on("data", () => undefined); // what is said is read, and not heard
  socket.on("error", (error) => {
    if (connected === 0 && "code" in error && error.code !== "ECONNRESET") resolve("could not connect");
  });
  socket.on("close", () => {
    if (ours) resolve("closed by the attacker");
    else if (socket.bytesRead > 0) resolve("answered, then closed by the gateway");
    else if (performance.now() - connected < atOnce) resolve("closed at once unanswered");
    else resolve("closed by the gateway unanswered");
  });
  socket.once("connect", () => {
    connected = performance.now();
    ours = /^reset|^gone/.test(kind);
    void act(socket, r);
  });
  const end = await promise;
  clearTimeout(tooLong);
  socket.destroy();
  return end;
}
