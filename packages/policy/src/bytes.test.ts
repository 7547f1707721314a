import { expect, test } from "vitest";
import { assert, property, string } from "fast-check";
import { characterCount, utf8Bytes, utf8Text } from "./bytes.ts";

test("UTF-8 both ways agrees with the platform's coder", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      const bytes = Buffer.from(text, "utf8").toString("latin1");
      expect(utf8Bytes(text)).toBe(bytes);
      expect(utf8Text(bytes)).toBe(Buffer.from(bytes, "latin1").toString("utf8"));
    }),
  );
});

test("bytes that are no UTF-8 show one replacement each and are never lost in comparison", () => {
  expect(utf8Text("a\u00ffb")).toBe("a\ufffdb");
  expect(utf8Text("\u00c0\u0080")).toBe("\ufffd\ufffd");
  expect(utf8Text("\u00ed\u00a0\u0080")).toBe("\ufffd\ufffd\ufffd");
  expect(characterCount("\u00c3\u00a9\u00ff")).toBe(2);
});
