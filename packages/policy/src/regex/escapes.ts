import type { ClassName } from "./charset.ts";
import { fail, regexErrors } from "./errors.ts";
import type { Lexer } from "./lexer.ts";
import type { RegexToken } from "./tokens.ts";
import type { Anchor } from "./tree.ts";

const characters: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  B: 0x5c,
  e: 0x1b,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

const classes: Readonly<Record<string, ClassName>> = { d: "digit", s: "space", w: "word" };

const anchors: Readonly<Record<string, Anchor>> = {
  A: "start",
  Z: "end",
  m: "wordStart",
  M: "wordEnd",
  y: "wordBoundary",
  Y: "noWordBoundary",
};

/** How many hexadecimal digits: at least, at most. */
const hexadecimal: Readonly<Record<string, readonly [number, number]>> = {
  u: [4, 4],
  U: [8, 8],
  x: [1, 255],
};

const greatestCode = 0x7ffffffe;

/** An escape of advanced expressions (manual, 9.7.3.3), behind its backslash; something follows. */
export function readEscape(lexer: Lexer): RegexToken {
  const letter = lexer.take();
  if (!/[0-9a-zA-Z]/.test(letter)) return { kind: "character", code: letter.charCodeAt(0) };
  if (letter >= "0" && letter <= "9") return readNumber(lexer, letter);
  const code = characters[letter];
  if (code !== undefined) return { kind: "character", code };
  const anchor = anchors[letter];
  if (anchor) return { kind: "anchor", anchor };
  const name = classes[letter.toLowerCase()];
  if (name) return { kind: "class", name, negated: letter < "a" };
  const digits = hexadecimal[letter];
  if (digits) return hexadecimalCharacter(lexer, ...digits);
  if (letter === "c" && !lexer.atEnd) {
    return { kind: "character", code: lexer.take().charCodeAt(0) & 0x1f };
  }
  return fail(regexErrors.backslash);
}

function hexadecimalCharacter(lexer: Lexer, least: number, most: number): RegexToken {
  const code = readDigits(lexer, 16, least, most);
  return code > greatestCode ? fail(regexErrors.backslash) : { kind: "character", code };
}

/**
 * A reference, or a character in octal. One digit that is not 0 is a reference; more are if as many groups have
 * begun.
 */
function readNumber(lexer: Lexer, first: string): RegexToken {
  lexer.at -= 1;
  const start = lexer.at;
  if (first !== "0") {
    const group = readDigits(lexer, 10, 1, 255) | 0;
    if (lexer.at === start + 1 || (group > 0 && group <= lexer.groups)) return { kind: "reference", group };
    lexer.at = start;
  }
  let code = readDigits(lexer, 8, 1, 3);
  if (code > 0xff) {
    lexer.at -= 1;
    code >>= 3;
  }
  return { kind: "character", code };
}

/** A number as PostgreSQL reads it: in 32 bits, whatever falls out at the top. */
function readDigits(lexer: Lexer, base: number, least: number, most: number): number {
  let value = 0;
  let count = 0;
  for (; count < most; count += 1) {
    const digit = "0123456789abcdef".slice(0, base).indexOf(lexer.peek().toLowerCase() || "?");
    if (digit < 0) break;
    value = (value * base + digit) >>> 0;
    lexer.at += 1;
  }
  return count < least ? fail(regexErrors.backslash) : value;
}
