import { array, assert, constant, nat, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeQuery, encodeReadyForQuery, encodeSync } from "@sallyport/wire";
import { MessageWalk } from "./message-walk.ts";

/** The types that were met, and what lay behind the last boundary. */
function walked(chunks: readonly Buffer[]): {
  types: string;
  boundaries: readonly number[];
  walk: MessageWalk;
} {
  const walk = new MessageWalk();
  const types: string[] = [];
  const boundaries = chunks.map((chunk) => walk.walk(chunk, (type) => types.push(type)));
  return { types: types.join(""), boundaries, walk };
}

describe("messages are found", () => {
  test("several in a chunk, with the rest behind them", () => {
    const chunk = Buffer.concat([encodeSync(), encodeQuery("select 1"), Buffer.from("Q\0\0")]);
    const { types, boundaries, walk } = walked([chunk]);
    expect(types).toBe("SQ");
    expect(boundaries).toEqual([chunk.length - 3]);
    expect(walk.atBoundary).toBe(false);
  });

  test("however their bytes are cut", () => {
    const message = oneof(
      string().map((text) => encodeQuery(text.replaceAll("\0", ""))),
      constant(encodeSync()),
      constant(encodeReadyForQuery("I")),
    );
    assert(
      property(array(message, { minLength: 1 }), array(nat(7)), (messages, cuts) => {
        const all = Buffer.concat(messages);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(all.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(all.subarray(at));
        const { types, walk } = walked(chunks);
        expect(types).toBe(messages.map((one) => String.fromCharCode(one[0] ?? 0)).join(""));
        expect(walk.atBoundary).toBe(true);
      }),
    );
  });

  test("with their places, also of one that began earlier", () => {
    const query = encodeQuery("select 1");
    const places: (readonly [number, number])[] = [];
    const walk = new MessageWalk();
    for (const chunk of [query.subarray(0, 3), Buffer.concat([query.subarray(3), encodeSync()])])
      walk.walk(chunk, (_, start, end) => places.push([start, end]));
    expect(places).toEqual([
      [-3, query.length - 3],
      [query.length - 3, query.length + 2],
    ]);
  });
});

test("a length that cannot be is the end of all order", () => {
  const { types, boundaries, walk } = walked([
    encodeSync(),
    Buffer.from("Q\0\0\0\x03abc", "latin1"),
    encodeSync(),
  ]);
  expect(types).toBe("S");
  expect(boundaries).toEqual([5, 0, 0]);
  expect(walk.lost).toBe(true);
  expect(walk.atBoundary).toBe(false);
});

test("a length of two thousand million is only a number", () => {
  const { types, walk } = walked([Buffer.from("D\x7f\xff\xff\xff", "latin1"), Buffer.alloc(100_000)]);
  expect(types).toBe("");
  expect(walk.lost).toBe(false);
});
