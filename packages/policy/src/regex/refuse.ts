import { mistake } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import type { Token } from "../text/token.ts";

/**
 * PostgreSQL's regular expressions are not understood yet, so a file that has one is not run: a pattern that is
 * guessed at lets the wrong people in.
 */
export function refuseRegex(token: Token): Mistake {
  const text = `invalid regular expression "${token.text.slice(1)}": not supported by this build`;
  return mistake(token, text, { sqlstate: "2201B" });
}
