/** What a byte is outside of quotes. */
export const ordinary = 0;
export const blank = 1;
export const comma = 2;
export const hash = 3;
/** A quote; a carriage return, which is a blank in some releases; a NUL byte, which hides what follows it. */
export const special = 4;

/** By byte. What is none is undefined, and so of no kind. */
export const kinds: Uint8Array = new Uint8Array(256);
kinds[0x20] = blank;
kinds[0x09] = blank;
kinds[0x2c] = comma;
kinds[0x23] = hash;
for (const code of [0x22, 0x0d, 0x00]) kinds[code] = special;

/** Of the byte at a place of a text; behind its end it is nothing, and special. */
export function kindAt(text: string, at: number): number {
  return kinds[text.charCodeAt(at)] ?? special;
}

/** Do the bytes there begin with this? For short words: it costs less than to call for help. */
export function beginsWith(text: string, at: number, word: string): boolean {
  for (let place = 0; place < word.length; place += 1) {
    if (text.charCodeAt(at + place) !== word.charCodeAt(place)) return false;
  }
  return true;
}

/** The first byte from there on that is no blank. */
export function behindBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && kinds[text.charCodeAt(at)] === blank) at += 1;
  return at;
}

/** The first byte from there on that is not ordinary. */
export function behindToken(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && kinds[text.charCodeAt(at)] === ordinary) at += 1;
  return at;
}
