import { array, assert, constant, nat, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeMessage, encodeQuery, encodeReadyForQuery, encodeSync } from "@sallyport/wire";
import { MessageWalk } from "./message-walk.ts";

/** The types that were met, and what lay behind the last boundary. */
function walked(chunks: readonly Buffer[]): {
  types: string;
  boundaries: readonly number[];
  walk: MessageWalk;
} {
  const types: string[] = [];
  const walk = new MessageWalk((type) => types.push(String.fromCharCode(type)));
  const boundaries = chunks.map((chunk) => walk.walk(chunk));
  return { types: types.join(""), boundaries, walk };
}

/** As a stream brings it, in pieces of these lengths and one with all the rest. */
function pieces(all: Buffer, lengths: readonly number[]): readonly Buffer[] {
  let at = 0;
  const cut = lengths.map((length) => all.subarray(at, (at += length)));
  return [...cut, all.subarray(at)];
}

describe("messages are found", () => {
  test("several in a chunk, with the rest behind them", () => {
    const chunk = Buffer.concat([encodeSync(), encodeQuery("select 1"), Buffer.from("Q\0\0")]);
    const { types, boundaries, walk } = walked([chunk]);
    expect(types).toBe("SQ");
    expect(boundaries).toEqual([chunk.length - 3]);
    expect(walk.atBoundary).toBe(false);
    expect(walk.begun).toEqual(Buffer.from("Q\0\0"));
  });

  test("however their bytes are cut", () => {
    const message = oneof(
      string().map((text) => encodeQuery(text.replaceAll("\0", ""))),
      constant(encodeSync()),
      constant(encodeReadyForQuery("I")),
    );
    assert(
      property(array(message, { minLength: 1 }), array(nat(7)), (messages, cuts) => {
        const { types, walk } = walked(pieces(Buffer.concat(messages), cuts));
        expect(types).toBe(messages.map((one) => String.fromCharCode(one[0] ?? 0)).join(""));
        expect(walk.atBoundary).toBe(true);
      }),
    );
  });

  test("with their places, also of one that began earlier", () => {
    const query = encodeQuery("select 1");
    const places: (readonly [number, number])[] = [];
    const walk = new MessageWalk((_, __, start, end) => places.push([start, end]));
    for (const chunk of [query.subarray(0, 3), Buffer.concat([query.subarray(3), encodeSync()])])
      walk.walk(chunk);
    expect(places).toEqual([
      [-3, query.length - 3],
      [query.length - 3, query.length + 2],
    ]);
  });

  test.for(["D", "d"])("of a run of %s the first is told, wherever it is cut", (type) => {
    const data = [1, 0, 300].map((length) => encodeMessage(type, Buffer.alloc(length)));
    const run = Buffer.concat([encodeSync(), ...data, encodeSync(), ...data, encodeSync(), encodeSync()]);
    assert(
      property(array(nat(400)), (cuts) => {
        const { types, walk } = walked(pieces(run, cuts));
        expect(types).toBe(`S${type}S${type}SS`);
        expect(walk.atBoundary).toBe(true);
      }),
    );
  });
});

describe("a length that cannot be is the end of all order", () => {
  test.for([0, 1, 3, 5])("cut at %s", (cut) => {
    const bad = Buffer.from("Q\0\0\0\x03abc", "latin1");
    const { types, boundaries, walk } = walked([
      Buffer.concat([encodeSync(), bad.subarray(0, cut)]),
      bad.subarray(cut),
      encodeSync(),
    ]);
    expect(types).toBe("S");
    expect(boundaries).toEqual([5, 0, 0]);
    expect(walk.lost).toBe(true);
    expect(walk.atBoundary).toBe(false);
  });
});

test("a length of two thousand million is only a number", () => {
  const { types, walk } = walked([Buffer.from("D\x7f\xff\xff\xff", "latin1"), Buffer.alloc(100_000)]);
  expect(types).toBe("");
  expect(walk.lost).toBe(false);
});
