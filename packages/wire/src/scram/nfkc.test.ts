import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nfkc } from "./nfkc.ts";

// Above them nothing has a decomposition, or a combining class.
const codePoints = Array.from({ length: 0x3_00_00 }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint < 0xd8_00 || codePoint > 0xdf_ff)
  .map((codePoint) => String.fromCodePoint(codePoint));
const decomposed = new Set(codePoints.flatMap((character) => Array.from(character.normalize("NFKD"))));
const movable = [...decomposed].filter((mark) =>
  [`${mark}\u0334`, `\u0345${mark}`].some((pair) => pair.normalize("NFD") !== pair),
);

describe("what the engine's own normalize says", () => {
  test("is said of every code point", () => {
    expect(codePoints.filter((character) => nfkc(character) !== character.normalize("NFKC"))).toEqual([]);
  });

  test("is said of long runs of marks", () => {
    // U+0488 and U+20DD are marks that nothing moves past; U+0F73 and U+FF9E decompose into marks that move.
    const characters = fc.constantFrom(...movable, "\u0488", "\u20DD", "a", "\u0F73", "\uFF9E");
    const runs = fc.array(characters, { minLength: 25, maxLength: 400, size: "max" });
    fc.assert(
      fc.property(runs, (run) => {
        const text = run.join("");
        expect(nfkc(text)).toBe(text.normalize("NFKC"));
      }),
    );
  });
});

test("whatever canonical ordering moves is a mark", () => {
  expect(movable.length).toBeGreaterThan(800);
  expect(movable.filter((character) => !/^\p{M}$/u.test(character))).toEqual([]);
});

// Each takes some 20 ms, and half a second to one and a half without the sorting.
test.each([
  ["two classes, one after the other", "\u0301".repeat(16_000) + "\u0316".repeat(16_000)],
  ["two classes in turn", "\u0301\u0316".repeat(16_000)],
  ["marks that decompose into two", "\u0F73".repeat(21_000)],
  ["letters that decompose into marks", "\uFF9E\u0334".repeat(13_000)],
])("64 kB of marks keep nobody waiting: %s", (_, marks) => {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    nfkc(`e${marks}`);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(300);
});
