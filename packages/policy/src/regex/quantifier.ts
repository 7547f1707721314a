import { fail, regexErrors } from "./errors.ts";
import type { RegexToken } from "./tokens.ts";
import type { Preference } from "./tree.ts";

export interface Quantifier {
  readonly min: number;
  /** Infinity: without end. */
  readonly max: number;
  readonly preference: Preference;
}

const bounds = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] } as const;

const greatestBound = 255;

/** The quantifier that begins with this token, if it is one; leaves the token behind it to be read. */
export function parseQuantifier(token: RegexToken, next: () => RegexToken): Quantifier | null {
  switch (token.kind) {
    case "*":
    case "+":
    case "?": {
      const [min, max] = bounds[token.kind];
      next();
      return { min, max, preference: token.greedy ? "longest" : "shortest" };
    }
    case "{":
      return parseBounds(next);
    default:
      return null;
  }
}

function parseBounds(next: () => RegexToken): Quantifier {
  let token = next();
  const number = (): number => {
    let value = 0;
    for (; token.kind === "digit" && value < greatestBound; token = next()) value = 10 * value + token.value;
    return token.kind === "digit" || value > greatestBound ? fail(regexErrors.bounds) : value;
  };
  const min = number();
  let max = min;
  const ranged = token.kind === ",";
  if (ranged) {
    token = next();
    max = token.kind === "digit" ? number() : Infinity;
    if (min > max) fail(regexErrors.bounds);
  }
  if (token.kind !== "}") return fail(regexErrors.bounds);
  const preference = token.greedy ? "longest" : "shortest";
  next();
  return { min, max, preference: ranged ? preference : null };
}
