/** Passwords that SASLprep has something to say about, as byte strings. */
import type { Random } from "@sallyport/testkit";
import { fromUnicode } from "../src/index.ts";

/** Where a code point may stand, shown by `_`: what it is next to decides about direction and composition. */
export const CONTEXTS: readonly string[] = [
  "_",
  "a_b",
  "\u0627_\u0627",
  "_\u05D0",
  "\u0627_",
  "e_\u0316\u0301",
  "\uAC00_",
];

const NUL = 0;
const LAST = 0x10_ff_ff;
const isSurrogate = (codePoint: number): boolean => codePoint >= 0xd8_00 && codePoint <= 0xdf_ff;

/** Every code point that a password can hold. */
export function* allCodePoints(): Generator<number> {
  for (let codePoint = NUL + 1; codePoint <= LAST; codePoint++) {
    if (!isSurrogate(codePoint)) {
      yield codePoint;
    }
  }
}

export function inContext(codePoint: number, context: string): string {
  return fromUnicode(context.replace("_", () => String.fromCodePoint(codePoint)));
}

/** One code point; the planes and rows where Unicode 3.2 has something are likelier. */
export function anyCodePoint(r: Random): number {
  const below = r.pick([0x2_00, 0x10_00, 0x30_00, 0x1_00_00, 0x3_00_00, LAST + 1]);
  const codePoint = r.below(below);
  return codePoint === NUL || isSurrogate(codePoint) ? anyCodePoint(r) : codePoint;
}

const range = (first: number, last: number) => (r: Random) => first + r.below(last - first + 1);

/** What a code point decomposes into, as it is or the other way round: to be composed again, or not. */
export function inParts(codePoint: number, turned: boolean): string {
  const parts = Array.from(String.fromCodePoint(codePoint).normalize("NFD"));
  return fromUnicode((turned ? parts.toReversed() : parts).join(""));
}

/** First and last code point of what a string is made of, and how often. */
const INGREDIENTS: readonly (readonly [weight: number, make: (r: Random) => number])[] = [
  [4, range(0x61, 0x7a)],
  [1, range(0x01, 0x7f)],
  [4, range(0xa0, 0x2_4f)], // Latin; some was not assigned yet
  [6, range(0x3_00, 0x3_6f)], // combining marks
  [1, range(0x4_83, 0x4_89)],
  [2, range(0x5_91, 0x5_f4)], // Hebrew
  [2, range(0x6_0c, 0x6_dc)], // Arabic
  [3, range(0x9_00, 0xd_4f)], // Indic scripts: marks that compose, and parts of vowels
  [1, range(0xf_71, 0xf_84)],
  [1, range(0x10_20, 0x10_39)],
  [2, range(0x11_00, 0x11_ff)], // Hangul, in parts
  [2, range(0xac_00, 0xd7_a3)], // and whole
  [2, range(0x1e_00, 0x1f_ff)],
  [2, range(0x20_00, 0x20_ff)], // spaces, joiners, directions
  [2, range(0x21_00, 0x24_ff)],
  [2, range(0x30_40, 0x30_ff)],
  [1, range(0x33_00, 0x33_ff)],
  [1, range(0xf9_00, 0xfa_6a)], // compatibility ideographs
  [2, range(0xfb_00, 0xfe_ff)], // presentation forms
  [2, range(0xff_00, 0xff_ef)],
  [1, range(0x1_d1_5e, 0x1_d1_c0)], // notes of music, which decompose
  [1, range(0x1_d4_00, 0x1_d7_ff)],
  [1, range(0x2_f8_00, 0x2_fa_1d)],
  [1, anyCodePoint],
];

/** A string of one to twelve code points, of one or two kinds, so that they meet those that they react with. */
export function anyText(r: Random): string {
  const kind = () => r.weighted(INGREDIENTS.map(([weight, make]) => [weight, () => make] as const));
  const kinds = [kind(), kind()] as const;
  return fromUnicode(String.fromCodePoint(...r.many(1, 12, () => r.pick(kinds)(r))));
}

/** Valid UTF-8 with a few bytes changed, inserted or taken away; at times still valid. */
export function damagedText(r: Random): string {
  const bytes = anyText(r).split("");
  for (const _ of r.many(1, 3, () => 0)) {
    const byte = String.fromCodePoint(r.chance(0.8) ? 0x80 + r.below(0x80) : 1 + r.below(0x7f));
    bytes.splice(r.below(bytes.length), r.below(2), ...r.many(0, 1, () => byte));
  }
  return bytes.join("") || "\u0080";
}
