import type { Bytes } from "../bytes.ts";
import type { RegexDialect } from "./dialect.ts";
import { compileRegex } from "./regex.ts";

/** So many expressions that had to be compiled are remembered. */
const mostKnown = 4096;

/** Tells whether stretches of text are expressions that nothing is wrong with. */
export function regexCheck(dialect: RegexDialect): (text: Bytes, from: number, to: number) => boolean {
  const known = new Map<Bytes, boolean>();
  return (text, from, to) => {
    if (isEvidentRegex(text, from, to)) return true;
    const pattern = text.slice(from, to);
    const isRight = known.get(pattern) ?? !("error" in compileRegex(pattern, dialect));
    if (known.size < mostKnown) known.set(pattern, isRight);
    return isRight;
  };
}

/** A longer one is compiled to see what is wrong with it. */
const longest = 100;

/**
 * Is there nothing wrong with this expression, evidently? Of characters and classes that mean the same to every release, each
 * with a quantifier of one character at most, in groups that do not stand in each other. Of all others one has to be compiled to
 * know.
 *
 *     ^app_[a-z0-9_]+$    ^(reader|writer)[0-9]*$    ^db\.
 */
export function isEvidentRegex(text: Bytes, from: number, to: number): boolean {
  if (to - from > longest) return false;
  let at = text.charCodeAt(from) === 0x5e /* ^ */ ? from + 1 : from;
  let inGroup = false;
  /** How many atoms stand in the branch that `at` is in. */
  let atoms = 0;
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code === 0x24 /* $ */) return at === to - 1 && !inGroup && atoms > 0;
    if (code === 0x28 /* ( */) {
      if (inGroup) return false;
      [inGroup, atoms] = [true, 0];
      at += 1;
      continue;
    }
    if (code === 0x7c /* | */) {
      if (!inGroup || atoms === 0) return false;
      atoms = 0;
      at += 1;
      continue;
    }
    if (code === 0x29 /* ) */) {
      if (!inGroup || atoms === 0) return false;
      inGroup = false;
      at += 1;
    } else {
      const next = behindAtom(text, at, to);
      if (next < 0) return false;
      at = next;
    }
    atoms += 1;
    if (at < to && isQuantifier(text.charCodeAt(at))) at += 1;
  }
  return !inGroup && atoms > 0;
}

/** -1: it is none, or not evidently. */
function behindAtom(text: Bytes, at: number, to: number): number {
  const code = text.charCodeAt(at);
  if (isLetter(code) || code === 0x2d /* - */ || code === 0x2e /* . */) return at + 1;
  // An escaped full stop or hyphen.
  if (code === 0x5c && at + 1 < to) {
    const escaped = text.charCodeAt(at + 1);
    return escaped === 0x2e || escaped === 0x2d ? at + 2 : -1;
  }
  return code === 0x5b /* [ */ ? behindBracket(text, at + 1, to) : -1;
}

/** Letters, digits and underscores, and ranges of one kind of them. */
function behindBracket(text: Bytes, from: number, to: number): number {
  let at = text.charCodeAt(from) === 0x5e /* ^ */ ? from + 1 : from;
  const first = at;
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code === 0x5d /* ] */) return at > first ? at + 1 : -1;
    if (!isLetter(code)) return -1;
    if (text.charCodeAt(at + 1) === 0x2d /* - */) {
      const last = text.charCodeAt(at + 2);
      if (!isLetter(last) || kindOf(code) !== kindOf(last) || last < code) return -1;
      at += 2;
    }
    at += 1;
  }
  return -1;
}

function isQuantifier(code: number): boolean {
  return code === 0x2a || code === 0x2b || code === 0x3f; // * + ?
}

function isLetter(code: number): boolean {
  return kindOf(code) !== "other";
}

function kindOf(code: number): "digit" | "upper" | "lower" | "underscore" | "other" {
  if (code >= 0x30 && code <= 0x39) return "digit";
  if (code >= 0x41 && code <= 0x5a) return "upper";
  if (code >= 0x61 && code <= 0x7a) return "lower";
  return code === 0x5f ? "underscore" : "other";
}
