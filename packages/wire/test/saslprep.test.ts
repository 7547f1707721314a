/** SASLprep as PostgreSQL 18 does it: the secrets that it stores are those that we compute. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "@sallyport/testkit";
import { fromUnicode } from "../src/index.ts";
import { startOracle } from "./saslprep-oracle.ts";
import type { Oracle } from "./saslprep-oracle.ts";
import {
  allCodePoints,
  anyCodePoint,
  anyText,
  CONTEXTS,
  damagedText,
  inContext,
  inParts,
} from "./saslprep-passwords.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** CODEPOINTS=all compares all of them, in every context: half an hour. TEXTS=n that many strings. */
const every = process.env["CODEPOINTS"] === "all";
const texts = Number(process.env["TEXTS"] ?? 2000);
const timeout = every || texts > 2000 ? 7_200_000 : 60_000;

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

describe.each(CONTEXTS)("a code point in %j is prepared as by the server", (context) => {
  test(`SEED=${seed}`, { timeout }, async () => {
    const r = seededRandom(seed);
    const codePoints = every ? [...allCodePoints()] : r.many(800, 800, () => anyCodePoint(r));
    const passwords = codePoints.map((codePoint) => inContext(codePoint, context));
    expect(await oracle.differing(passwords)).toEqual([]);
  });
});

test.each([
  ["in their order", false],
  ["the other way round", true],
])(
  `the parts of a code point are composed as by the server (SEED=${seed}), %s`,
  { timeout },
  async (_, turned) => {
    const r = seededRandom(seed);
    const composed = [...allCodePoints()].filter((codePoint) => {
      const character = String.fromCodePoint(codePoint);
      return character.normalize("NFD") !== character;
    });
    const chosen = every ? composed : r.many(1000, 1000, () => composed[r.below(composed.length)] ?? 0);
    expect(await oracle.differing(chosen.map((codePoint) => inParts(codePoint, turned)))).toEqual([]);
  },
);

test.each([
  ["texts", anyText],
  ["bytes that are hardly UTF-8", damagedText],
])(`generated %s are prepared as by the server (SEED=${seed})`, { timeout }, async (_, make) => {
  const r = seededRandom(seed);
  expect(await oracle.differing(r.many(texts, texts, () => make(r)))).toEqual([]);
});

test("the forms of UTF-8 that the server takes as raw bytes are those that we do", async () => {
  const lead = Array.from({ length: 0x80 }, (_, byte) => 0x80 + byte);
  const second = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  const rests = [[], [0x80], [0x80, 0x80], [0xbf, 0xbf, 0xbf], [0x80, 0x80, 0x80, 0x80]];
  const cases = lead.flatMap((first) =>
    second.flatMap((next) => rests.map((rest) => String.fromCodePoint(first, next, ...rest))),
  );
  expect(await oracle.differing(cases)).toEqual([]);
});

test("long runs of marks are put in the server's order", async () => {
  const r = seededRandom(seed);
  const mark = () => r.pick(["\u0301", "\u0316", "\u0327", "\u0345", "\u0334", "\u0488", "\u0F73", "\uFF9E"]);
  const runs = r.many(40, 40, () => fromUnicode(["e", ...r.many(28, 300, mark)].join("")));
  expect(await oracle.differing(runs)).toEqual([]);
});
