import { expect, test } from "vitest";
import { fromBuffer, fromUnicode, isValidUtf8, toBuffer, toUnicode } from "./byte-string.ts";

test("a byte string has one unit per byte", () => {
  expect(fromUnicode("é")).toBe("\u00C3\u00A9");
  expect(toUnicode("\u00C3\u00A9")).toBe("é");
  expect(fromBuffer(Buffer.of(0, 255))).toBe("\u0000\u00FF");
  expect(toBuffer("\u0000\u00FF")).toEqual(Buffer.of(0, 255));
});

test("two different invalid names stay different", () => {
  expect(fromBuffer(Buffer.of(0xff))).not.toBe(fromBuffer(Buffer.of(0xfe)));
  expect(isValidUtf8("\u00FF")).toBe(false);
});

test("a text that is no byte string is refused, not cut", () => {
  expect(() => toBuffer("\u0161")).toThrow(expect.objectContaining({ code: "invalid_value" }));
});
