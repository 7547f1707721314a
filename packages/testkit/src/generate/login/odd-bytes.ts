import type { Random } from "../random.ts";

/** A message of that body behind its length word, which counts itself. */
export function packet(body: string): string {
  return lengthWord(body.length + 4) + body;
}

export function lengthWord(length: number): string {
  const bytes = [length >>> 24, length >>> 16, length >>> 8, length].map((byte) => byte & 0xff);
  return String.fromCharCode(...bytes);
}

export function anyBytes(r: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(r.below(256))).join("");
}

/** One or two small wounds. */
export function spoil(r: Random, text: string): string {
  let spoiled = text;
  for (let wounds = r.pick([1, 1, 2]); wounds > 0; wounds -= 1) {
    const at = r.below(spoiled.length + 1);
    spoiled = r.weighted<string>([
      [3, () => spoiled.slice(0, at) + spoiled.slice(at + 1)],
      [3, () => spoiled.slice(0, at) + oddByte(r) + spoiled.slice(at)],
      [3, () => spoiled.slice(0, at) + oddByte(r) + spoiled.slice(at + 1)],
      [1, () => spoiled.slice(0, at)],
      [1, () => spoiled.slice(0, at) + spoiled.slice(r.below(at + 1))],
    ]);
  }
  return spoiled;
}

function oddByte(r: Random): string {
  return r.pick([
    ",",
    "=",
    "\0",
    " ",
    "n",
    "p",
    "\u00ff",
    "\u007f",
    "a",
    "Z",
    "+",
    "/",
    "{",
    String.fromCharCode(r.below(256)),
  ]);
}
