import { Duplex } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeMessage } from "../message/body.ts";
import { startDeadline } from "./deadline.ts";
import { MessageReader } from "./message-reader.ts";

/** A stream whose other end is the test. */
function peer(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
}

const code = (value: string) => expect.objectContaining({ name: "WireError", code: value });

test("messages come out whole however the bytes were cut", async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(bodies, fc.array(fc.nat(12)), async (list, cuts) => {
      const stream = peer();
      const reader = new MessageReader(stream);
      let bytes = Buffer.concat(list.map((body) => encodeMessage("x", body)));
      for (const cut of cuts) {
        stream.push(bytes.subarray(0, cut + 1));
        bytes = bytes.subarray(cut + 1);
      }
      stream.push(bytes);
      for (const body of list) {
        expect(await reader.readMessage(44)).toEqual({ type: "x", body: Buffer.from(body) });
      }
      expect(reader.release()).toHaveLength(0);
    }),
  );
});

const limit = (type: string) => (type === "p" ? 100 : 99);

describe("the length word", () => {
  const lengths: readonly (readonly [number, string])[] = [
    [0, "invalid_length"],
    [1, "invalid_length"],
    [3, "invalid_length"],
    [0x8000_0000, "invalid_length"],
    [0xffff_ffff, "invalid_length"],
    [0x7fff_ffff, "message_too_long"],
    [0x4000_0000, "message_too_long"],
    [101, "message_too_long"],
  ];
  test.each(lengths)("%i is refused as %s before anything is kept for it", async (length, expected) => {
    const stream = peer();
    const reader = new MessageReader(stream);
    const head = Buffer.alloc(5, "p");
    head.writeUInt32BE(length, 1);
    stream.push(head);
    await expect(reader.readMessage(100)).rejects.toEqual(code(expected));
    reader.release();
  });

  test("may be as long as the cap for its type, and no longer", async () => {
    const stream = peer();
    const reader = new MessageReader(stream);
    stream.push(encodeMessage("p", Buffer.alloc(96)));
    stream.push(encodeMessage("q", Buffer.alloc(96)));
    expect((await reader.readMessage(limit)).body).toHaveLength(96);
    await expect(reader.readMessage(limit)).rejects.toEqual(code("message_too_long"));
    reader.release();
  });
});

test("the stream is not read while nobody waits", async () => {
  let produced = 0;
  const stream = new Duplex({
    highWaterMark: 1024,
    read() {
      produced += 512;
      this.push(Buffer.alloc(512));
    },
  });
  const reader = new MessageReader(stream);
  await reader.readBytes(10);
  await new Promise((resolve) => setImmediate(resolve));
  expect(produced).toBeLessThanOrEqual(8192);
  reader.release();
  stream.destroy();
});

describe("an end", () => {
  test("of the stream is peer_closed, after all that came before it", async () => {
    const stream = peer();
    const reader = new MessageReader(stream);
    stream.push("abc");
    stream.push(null);
    expect((await reader.readBytes(2)).toString()).toBe("ab");
    await expect(reader.readBytes(2)).rejects.toEqual(code("peer_closed"));
    expect(reader.release().toString()).toBe("c");
  });

  test("by an error is socket_failed, and what came before it is not lost", async () => {
    const stream = peer();
    const reader = new MessageReader(stream);
    stream.push("abc");
    await reader.peek(3);
    stream.destroy(new Error("reset"));
    await expect(reader.readBytes(4)).rejects.toEqual(code("socket_failed"));
    expect((await reader.readBytes(3)).toString()).toBe("abc");
    reader.release();
  });

  test("before the reader existed is known too", async () => {
    const stream = peer();
    stream.destroy();
    await expect(new MessageReader(stream).readBytes(1)).rejects.toEqual(code("peer_closed"));
  });

  test("by a deadline is timeout, by the caller aborted", async () => {
    const stream = peer();
    const reader = new MessageReader(stream);
    const deadline = startDeadline(1, "a byte");
    await expect(reader.readBytes(1, deadline.signal)).rejects.toEqual(code("timeout"));
    await expect(reader.readBytes(1, AbortSignal.timeout(1))).rejects.toEqual(code("timeout"));
    await expect(reader.readBytes(1, AbortSignal.abort())).rejects.toEqual(code("aborted"));
    const pending = reader.readBytes(1);
    reader.release();
    await expect(pending).rejects.toEqual(code("aborted"));
  });
});

describe("release", () => {
  test("gives back what was not consumed and leaves no listener", async () => {
    const stream = peer();
    const before = stream.eventNames();
    const reader = new MessageReader(stream, Buffer.from("0"));
    stream.push("1234");
    expect((await reader.readBytes(3)).toString()).toBe("012");
    expect(reader.release().toString()).toBe("34");
    expect(stream.eventNames()).toEqual(before);
  });

  test("leaves a stream from which another can go on reading", async () => {
    const stream = peer();
    const reader = new MessageReader(stream);
    stream.push("ab");
    await reader.readBytes(2);
    reader.release();
    const next = new Promise((resolve) => stream.once("data", resolve));
    stream.push("cd");
    expect(String(await next)).toBe("cd");
  });
});

test("a deadline obeys its parent and can be cleared", () => {
  const parent = new AbortController();
  const deadline = startDeadline(null, "nothing", parent.signal);
  const cleared = startDeadline(null, "nothing", parent.signal);
  cleared.clear();
  parent.abort();
  expect(deadline.signal.aborted).toBe(true);
  expect(cleared.signal.aborted).toBe(false);
  expect(startDeadline(null, "nothing", parent.signal).signal.aborted).toBe(true);
});
