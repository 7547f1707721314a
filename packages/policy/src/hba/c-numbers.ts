import type { Bytes } from "../bytes.ts";

const longest = 2n ** 63n - 1n;

/** `strtol` in base 10: leading blanks and a sign are allowed; `rest` is what follows the digits. */
export function strtol(text: Bytes): {
  readonly value: bigint;
  readonly rest: Bytes;
  readonly digits: boolean;
} {
  const number = /^[ \t\n\v\f\r]*[+-]?[0-9]+/.exec(text)?.[0];
  if (number === undefined) return { value: 0n, rest: text, digits: false };
  const exact = BigInt(number);
  const value = exact > longest ? longest : exact < -longest - 1n ? -longest - 1n : exact;
  return { value, rest: text.slice(number.length), digits: true };
}

/** `atoi`: what `strtol` gives, cut to 32 bits; no digits are 0. */
export function atoi(text: Bytes): number {
  return Number(BigInt.asIntN(32, strtol(text).value));
}
