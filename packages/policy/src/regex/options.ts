import type { Bytes } from "../bytes.ts";
import { fail, regexErrors } from "./errors.ts";

/** How the rest of a pattern is to be read (manual, 9.7.3.4). */
export interface RegexOptions {
  readonly syntax: "advanced" | "extended" | "basic" | "literal";
  readonly ignoreCase: boolean;
  /** White space and comments do not count. */
  readonly expanded: boolean;
  /** `.` and `[^...]` stop at a newline. */
  readonly newlineStops: boolean;
  /** `^` and `$` also match at newlines. */
  readonly newlineAnchors: boolean;
}

/** The options that a pattern begins with, and where what they are for begins. */
export function readOptions(pattern: Bytes): { readonly options: RegexOptions; readonly start: number } {
  let start = 0;
  if (pattern.startsWith("***")) {
    const director = pattern[3];
    if (director === "?") fail(regexErrors.version);
    if (director !== "=" && director !== ":") fail(regexErrors.quantifier);
    start = 4;
    if (director === "=") return { options: optionsOf(new Flags("literal")), start };
  }
  const flags = new Flags("advanced");
  const found = /^\(\?([a-zA-Z]+)(\)?)/.exec(pattern.slice(start));
  if (!found) return { options: optionsOf(flags), start };
  const [whole, names = "", closing] = found;
  for (const letter of names) Object.assign(flags, letters.get(letter) ?? fail(regexErrors.option));
  if (closing !== ")") fail(regexErrors.option);
  return { options: optionsOf(flags), start: start + whole.length };
}

/** The options as they are switched on and off, letter by letter. */
class Flags {
  /** Of an expression that is not basic. */
  extended: boolean;
  /** Of an expression that is neither basic nor only extended. */
  advanced: boolean;
  literal: boolean;
  ignoreCase = false;
  expanded = false;
  newlineStops = false;
  newlineAnchors = false;

  constructor(syntax: "advanced" | "literal") {
    this.extended = this.advanced = syntax === "advanced";
    this.literal = syntax === "literal";
  }
}

/** Each letter undoes what it contradicts, no more: so `(?qe)` is an extended expression, not an advanced one. */
const letters: ReadonlyMap<string, Partial<Flags>> = new Map([
  ["b", { extended: false, advanced: false, literal: false }],
  ["c", { ignoreCase: false }],
  ["e", { extended: true, advanced: false, literal: false }],
  ["i", { ignoreCase: true }],
  ["m", { newlineStops: true, newlineAnchors: true }],
  ["n", { newlineStops: true, newlineAnchors: true }],
  ["p", { newlineStops: true, newlineAnchors: false }],
  ["q", { extended: false, advanced: false, literal: true }],
  ["s", { newlineStops: false, newlineAnchors: false }],
  ["t", { expanded: false }],
  ["w", { newlineStops: false, newlineAnchors: true }],
  ["x", { expanded: true }],
]);

function optionsOf(flags: Flags): RegexOptions {
  const { ignoreCase, literal } = flags;
  if (literal) {
    return { syntax: "literal", ignoreCase, expanded: false, newlineStops: false, newlineAnchors: false };
  }
  const { expanded, newlineStops, newlineAnchors } = flags;
  const syntax = !flags.extended ? "basic" : flags.advanced ? "advanced" : "extended";
  return { syntax, ignoreCase, expanded, newlineStops, newlineAnchors };
}
