import type { Random } from "./random.ts";

/** Brackets with ranges and classes in them, over which only subjects of many characters differ. */
export function bracketPattern(r: Random): string {
  const bracket = (): string => `[${r.pick(["", "", "^"])}${r.many(1, 3, () => bracketPart(r)).join("")}]`;
  const item = (): string => bracket() + r.pick(["", "", "*", "+", "{2}"]);
  const option = r.pick(["", "", "(?i)"]);
  return `${option}${r.pick(["", "^"])}(${item()})${r.many(0, 2, item).join("")}${r.pick(["", "$"])}`;
}

/** One class by itself: which characters of the subject are in it shows in what is matched. */
export function classPattern(r: Random): string {
  const one = `[${r.pick(["", "", "^"])}[:${r.pick(classes)}:]]`;
  return r.pick([`(${one}+)`, `^(${one}*)`, `(${one}*)$`, one]);
}

function bracketPart(r: Random): string {
  return r.weighted([
    [4, () => r.pick(ranges)],
    [4, () => `[:${r.pick(classes)}:]`],
    [2, () => r.pick(["a", "b", "A", "z", "0", "_", " ", ".", "G"])],
  ]);
}

const ranges = ["a-b", "a-c", "b-y", "A-F", "B-Y", "A-b", "0-1", "0-8", "1-9", " -.", "_-c"] as const;

const classes = [
  "alnum",
  "alpha",
  "ascii",
  "blank",
  "cntrl",
  "digit",
  "graph",
  "lower",
  "print",
  "punct",
  "space",
  "upper",
  "word",
  "xdigit",
] as const;

/** What prefers little within what prefers much, and the other way round, in groups that are repeated. */
export function preferencePattern(r: Random): string {
  const letter = (): string => r.pick(["a", "b", ".", "ab", "(?:ab|a)", "(a|ab)", "(b|)"]);
  const quantified = (): string => letter() + r.pick(["*", "*?", "+", "+?", "?", "??", "{1,2}", "{1,2}?"]);
  const inner = (): string =>
    r.chance(0.3)
      ? r.pick(["(a)|b", "(a)|(b)", "(a)|b|(ab)"])
      : r.many(1, 2, quantified).join(r.pick(["", "", "|"]));
  const bound = (): string => r.pick(["{2}", "{2}", "{3}", "{1}", "*", "*?", "+?", "{1,2}?", "{0,3}"]);
  const whole = (): string => `${r.pick(["(", "(?:"])}${inner()})${bound()}`;
  return r.many(1, 2, whole).join("") + r.pick(["", quantified(), `(${quantified()})`]);
}

/** Anchors, dots and lookarounds among newlines. */
export function linePattern(r: Random): string {
  const piece = (): string =>
    r.pick(["^", "$", ".", "[^a]", "a", "b", "\\n", "(?<!a)", "(?<=b)", "(?!b)", "(.*)"]);
  const whole = (): string =>
    r.pick(["^a", "^b", "a$", "b$", "^$", "^.$", "^..$", "(.*)$", "b.*$", "^(a*)$"]);
  const option = r.pick(["(?n)", "(?w)", "(?p)", "(?p)", "(?s)", ""]);
  return option + (r.chance(0.6) ? whole() : r.many(1, 4, piece).join(""));
}

/** As many groups as make `\12` a reference, or nearly. */
export function manyGroups(r: Random): string {
  const count = 9 + r.below(4);
  return `${r.pick(["(a?)", "(b*)", "(|a)"]).repeat(count)}\\${count + r.below(2)}${r.pick(["", "b"])}`;
}

/** A group with an anchor or a lookaround in it, and a reference to that group. */
export function constrainedReference(r: Random): string {
  const inner = r.pick(["^.", "^a*", "(?!b).", "(?=a).", String.raw`\m.`, ".$", "(?<!a).", "^|b"]);
  return `(${inner})${r.pick(["", "", ".", "b*"])}${String.raw`\1`}${r.pick(["", "", "*", "$"])}`;
}
