import { expect, test } from "vitest";
import { pieceEnd } from "./pieces.ts";

test.each<[text: string, end: number]>([
  ["", 0],
  ["a", 0],
  ["a\n", 2],
  ["a\nb", 2],
  ["a\nb\n", 4],
  ["\n\n", 2],
  ["a\\\n", 0],
  ["a\nb\\\n", 2],
  ["a\nb\\\r\n", 2],
  ["a\nb\\\nc", 2],
  ["a\nb\\\nc\n", 7],
  // The empty line would end it; whoever reads on sees the same.
  ["a\nb\\\n\n", 2],
  ["\\\n\\\n", 0],
  ["\\", 0],
])("%j is cut at %i", (text, end) => {
  expect(pieceEnd(Buffer.from(text, "latin1"))).toBe(end);
});
