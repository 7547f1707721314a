import { once } from "node:events";
import { createServer, Socket } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acceptDirectly, DirectSocket } from "./direct-socket.ts";
import { MessageReader } from "./message-reader.ts";
import { commonBuffer, giveBuffer, takeBuffer } from "./read-buffers.ts";

let server: Server;

beforeAll(async () => {
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  acceptDirectly(server, (socket) => void server.emit("connection", socket));
});

afterAll(() => {
  server.close();
});

interface Pair extends Disposable {
  /** Reads directly, if it is told to. */
  readonly near: DirectSocket;
  readonly far: Socket;
}

/** The two ways in which a direct socket comes about. */
const ways = ["dialling", "accepted"] as const;

async function pair(way: (typeof ways)[number]): Promise<Pair> {
  const accepting = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const far = new (way === "dialling" ? DirectSocket : Socket)({ noDelay: true });
  far.connect({ port, host: "127.0.0.1" });
  await once(far, "connect");
  const [accepted] = await accepting;
  const near = way === "dialling" ? far : accepted;
  if (!(near instanceof DirectSocket)) throw new Error("this Node accepts in another way");
  const other = way === "dialling" ? accepted : far;
  for (const socket of [near, other]) socket.on("error", () => undefined);
  return {
    near,
    far: other,
    [Symbol.dispose]: () => {
      near.destroy();
      other.destroy();
    },
  };
}

/** How many sockets could have a buffer of their own now. */
function buffersLeft(): number {
  const taken = Array.from({ length: 600 }, takeBuffer).filter((buffer) => buffer !== null);
  for (const buffer of taken) giveBuffer(buffer, true);
  return taken.length;
}

/** Bytes of no pattern that a shift would leave as it is. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise(setImmediate);
  }
}

describe.for(ways)("%s, without a sink", (way) => {
  test("it is a stream", async () => {
    using it = await pair(way);
    const reader = new MessageReader(it.near);
    const bytes = noise(300_000, 1);
    it.far.write(bytes);
    const first = await reader.readBytes(5);
    expect(Buffer.concat([first, await reader.readBytes(bytes.length - 5)]).equals(bytes)).toBe(true);
    it.far.end();
    await expect(reader.readBytes(1)).rejects.toMatchObject({ code: "peer_closed" });
  });

  test("of whom nobody reads it takes no more than a stream does", async () => {
    using it = await pair(way);
    const reader = new MessageReader(it.near);
    it.far.write("x");
    await reader.readBytes(1);
    const full = noise(1_000_000, 2);
    while (it.far.writableLength < 4_000_000) it.far.write(full);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(it.near.readableLength).toBeLessThan(it.near.readableHighWaterMark + 65_536 + 1);
  });
});

describe.for(ways)("%s, with a sink", (way) => {
  test("what lies in the stream comes first", async () => {
    using it = await pair(way);
    it.far.write("one two");
    const reader = new MessageReader(it.near);
    expect((await reader.readBytes(4)).toString()).toBe("one ");
    it.far.write(" three");
    await until(() => it.near.readableLength > 0);
    let heard = reader.release().toString();
    it.near.divert((chunk) => {
      heard += chunk.toString();
      return true;
    });
    it.near.resume();
    it.far.end(" four");
    await once(it.near, "end");
    expect(heard).toBe("two three four");
  });

  test("what somebody holds is never written over, by whomever else's bytes", async () => {
    const pairs: Pair[] = [];
    for (const _ of [1, 2, 3, 4, 5, 6]) pairs.push(await pair(way));
    const all = await Promise.all(
      pairs.map(async ({ near, far }, seed) => {
        const bytes = noise(3_000_000, seed);
        const held: Buffer[] = [];
        near.divert((chunk) => {
          // What is given back is copied, as the system does it with what it has taken.
          const isFree = (held.length + seed) % 3 === 0;
          held.push(isFree ? Buffer.from(chunk) : chunk);
          return isFree;
        });
        near.resume();
        for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 90_001) {
          if (!far.write(bytes.subarray(at, at + size))) await once(far, "drain");
          if (size < 100) await new Promise(setImmediate);
        }
        far.end();
        await once(near, "end");
        return Buffer.concat(held).equals(bytes);
      }),
    );
    for (const one of pairs) one[Symbol.dispose]();
    expect(all).toEqual(pairs.map(() => true));
  });

  test("whoever reads much has the same memory again and again, and whoever reads little none", async () => {
    using it = await pair(way);
    const places = new Map<ArrayBufferLike, number>();
    let fewestLeft = 512;
    let total = 0;
    it.near.divert((chunk) => {
      places.set(chunk.buffer, (places.get(chunk.buffer) ?? 0) + chunk.length);
      fewestLeft = Math.min(fewestLeft, buffersLeft());
      total += chunk.length;
      return true;
    });
    it.near.resume();
    const full = noise(5_000_000, 3);
    it.far.write(full);
    await until(() => total === full.length);
    expect(fewestLeft).toBe(511);
    expect(places.has(commonBuffer.buffer)).toBe(false);
    expect(Math.max(...places.values())).toBeGreaterThan(full.length / 2);
    const before = total;
    for (const _ of [1, 2, 3]) {
      it.far.write("little");
      const seen: number = total;
      await until(() => total > seen);
    }
    expect(total).toBe(before + 18);
    expect(places.has(commonBuffer.buffer)).toBe(false);
    expect(buffersLeft()).toBe(512);
  });

  test("pause and resume, and then it is a stream again", async () => {
    using it = await pair(way);
    let heard = "";
    it.near.divert((chunk) => {
      heard += chunk.toString();
      it.near.pause();
      return true;
    });
    it.near.resume();
    it.far.write("one");
    await until(() => heard === "one");
    it.far.write("two");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toBe("one");
    it.near.resume();
    await until(() => heard === "onetwo");
    it.near.restore();
    it.far.write("three");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reader = new MessageReader(it.near);
    expect((await reader.readBytes(5)).toString()).toBe("three");
    expect(heard).toBe("onetwo");
  });

  test("an end, and a reset, are heard of as ever", async () => {
    using ended = await pair(way);
    ended.near.divert(() => true);
    ended.near.resume();
    ended.far.end("bye");
    await once(ended.near, "end");
    using reset = await pair(way);
    reset.near.divert(() => true);
    reset.near.resume();
    reset.far.resetAndDestroy();
    const [error] = (await once(reset.near, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});

test("a server that does not listen yet accepts as ever", async () => {
  const later = createServer();
  acceptDirectly(later, () => {
    throw new Error("it has no handle yet");
  });
  later.listen(0, "127.0.0.1");
  await once(later, "listening");
  const { port } = later.address() as AddressInfo;
  const dialling = new Socket().connect({ port, host: "127.0.0.1" });
  const [accepted] = (await once(later, "connection")) as [Socket];
  expect(accepted).not.toBeInstanceOf(DirectSocket);
  for (const socket of [dialling, accepted]) socket.destroy();
  later.close();
});

test("what a socket has of its own it gives back when it is gone", async () => {
  using it = await pair("accepted");
  it.near.divert(() => {
    if (buffersLeft() === 511) it.near.destroy();
    return false;
  });
  it.near.resume();
  it.far.write(noise(1_000_000, 4));
  await once(it.near, "close");
  expect(buffersLeft()).toBe(512);
});

test("those who find none left copy", async () => {
  const taken = Array.from({ length: 512 }, takeBuffer).filter((buffer) => buffer !== null);
  using it = await pair("accepted");
  const held: Buffer[] = [];
  let total = 0;
  it.near.divert((chunk) => {
    held.push(chunk);
    total += chunk.length;
    return true;
  });
  it.near.resume();
  const bytes = noise(1_000_000, 5);
  it.far.write(bytes);
  await until(() => total === bytes.length);
  // Of what was copied nothing is ever read into again, whatever its taker says.
  expect(Buffer.concat(held).equals(bytes)).toBe(true);
  for (const buffer of taken) giveBuffer(buffer, true);
  expect(buffersLeft()).toBe(512);
});
