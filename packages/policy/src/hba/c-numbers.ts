import type { Bytes } from "../bytes.ts";

const longest = 2n ** 63n - 1n;

/** `strtol` in base 10: leading blanks and a sign are allowed; `rest` is what follows the digits. */
export function strtol(text: Bytes): {
  readonly value: bigint;
  readonly rest: Bytes;
  readonly digits: boolean;
} {
  const [all = "", sign = "", digits = ""] = /^[ \t\n\v\f\r]*([+-]?)([0-9]*)/.exec(text) ?? [];
  if (digits === "") return { value: 0n, rest: text, digits: false };
  const magnitude = BigInt(digits);
  const value =
    sign === "-"
      ? magnitude > longest
        ? -longest - 1n
        : -magnitude
      : magnitude > longest
        ? longest
        : magnitude;
  return { value, rest: text.slice(all.length), digits: true };
}

/** `atoi`: what `strtol` gives, cut to 32 bits; no digits are 0. */
export function atoi(text: Bytes): number {
  return Number(BigInt.asIntN(32, strtol(text).value));
}
