import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

test("gives back what it was given, in whatever pieces", () => {
  for (const pieces of [1, 3, 100, 4095, 4096, 10_000]) {
    const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, n) => (n * 7) % 251));
    const queue = new ByteQueue();
    for (let at = 0; at < bytes.length; at += pieces) queue.push(bytes.subarray(at, at + pieces));
    const taken: Buffer[] = [];
    for (let length = 1; queue.length > 0; length = Math.min(length * 2, queue.length)) {
      expect(queue.peek(length)).toHaveLength(length);
      taken.push(queue.take(length));
    }
    expect(Buffer.concat(taken).equals(bytes)).toBe(true);
  }
});

test("keeps a byte that came by itself for little more than a byte", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const fill = (): ByteQueue => {
    const queue = new ByteQueue();
    for (let n = 0; n < 65_535; n += 1) queue.push(Buffer.of(n));
    return queue;
  };
  fill(); // what is compiled on the way counts to nobody
  const before = used();
  const queue = fill();
  expect(Math.min(used(), used(), used()) - before).toBeLessThan(1_000_000);
  expect(queue.length).toBe(65_535);
});
