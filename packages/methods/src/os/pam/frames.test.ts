import { describe, expect, test } from "vitest";
import { encodeFrame, FrameCutter, longestBody, readFrame } from "./frames.ts";

const frames = [
  { kind: "P", body: Buffer.from("secret\0") },
  { kind: "N", body: Buffer.alloc(0) },
  { kind: "L", body: Buffer.alloc(longestBody, "x") },
];
const bytes = Buffer.concat(frames.map(({ kind, body }) => encodeFrame(kind, body)));

describe("what two processes say to each other", () => {
  test.for([1, 2, 3, 7, 4096, bytes.length])(
    "is cut into frames, however it comes: %i bytes at a time",
    (size) => {
      const cutter = new FrameCutter();
      const found = [];
      const step = size < 7 ? size : Math.max(size, 5);
      // The long one goes by larger pieces, since cutting it byte by byte would take long.
      const short = bytes.length - longestBody;
      for (let at = 0; at < short; at += step)
        found.push(...cutter.cut(bytes.subarray(at, Math.min(at + step, short))));
      for (let at = short; at < bytes.length; at += 50_000)
        found.push(...cutter.cut(bytes.subarray(at, at + 50_000)));
      expect(found).toEqual(frames);
    },
  );

  test("is nothing until a frame is whole", () => {
    expect(new FrameCutter().cut(bytes.subarray(0, 11))).toEqual([]);
    expect(readFrame(() => null)).toBe(null);
  });

  test.for(["00020001", "7fffffff", "ffffffff"])(
    "of the length 0x%s is refused before anything of it is kept",
    (length) => {
      const header = Buffer.from(`${length}45`, "hex");
      expect(() => new FrameCutter().cut(header)).toThrow(RangeError);
      const asked: number[] = [];
      expect(() => readFrame((bytes) => (asked.push(bytes), header))).toThrow(RangeError);
      expect(asked).toEqual([5]);
    },
  );

  test("is not said if it is too long", () => {
    expect(() => encodeFrame("P", Buffer.alloc(longestBody + 1))).toThrow(RangeError);
  });
});
