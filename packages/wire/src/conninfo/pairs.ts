/**
 * `key = 'value'` pairs: blanks may stand around `=`; a value in single quotes may hold blanks; a backslash takes
 * the next character as it is, in and outside quotes.
 */
import { SECRET_KEYWORDS } from "./keywords.ts";
import { conninfoError, storeValue } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** @throws {WireError} `invalid_conninfo` */
export function parsePairs(text: string): ConninfoValues {
  const values = new Map<string, string>();
  let previous = "";
  let offset = skipBlanks(text, 0);
  while (offset < text.length) {
    const [keyword = ""] = /^[^=\t\n\v\f\r ]*/.exec(text.slice(offset)) ?? [];
    // `password=my secret` is a common slip: what follows a secret may be part of it.
    const shown = SECRET_KEYWORDS.has(previous) ? "***" : keyword;
    const equals = skipBlanks(text, offset + keyword.length);
    if (text.charAt(equals) !== "=") {
      throw conninfoError(`missing "=" after "${shown}" in connection info string`);
    }
    const { value, end } = readValue(text, skipBlanks(text, equals + 1));
    storeValue(values, keyword, value, `invalid connection option "${shown}"`);
    previous = keyword;
    offset = skipBlanks(text, end);
  }
  return values;
}

function readValue(text: string, start: number): { readonly value: string; readonly end: number } {
  const quoted = text.charAt(start) === "'";
  let value = "";
  let offset = quoted ? start + 1 : start;
  for (; offset < text.length; offset++) {
    const character = text.charAt(offset);
    if (quoted ? character === "'" : isBlank(character)) {
      return { value, end: offset + 1 };
    }
    if (character === "\\") {
      offset += 1;
      value += text.charAt(offset);
    } else {
      value += character;
    }
  }
  if (quoted) {
    throw conninfoError("unterminated quoted string in connection info string");
  }
  return { value, end: offset };
}

function skipBlanks(text: string, start: number): number {
  let offset = start;
  while (isBlank(text.charAt(offset))) {
    offset += 1;
  }
  return offset;
}

function isBlank(character: string): boolean {
  return character !== "" && "\t\n\v\f\r ".includes(character);
}
