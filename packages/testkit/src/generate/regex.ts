import type { Random } from "./random.ts";
import {
  bracketPattern,
  classPattern,
  constrainedReference,
  linePattern,
  manyGroups,
  preferencePattern,
} from "./regex-kinds.ts";

/** A pattern of any kind: mostly well formed, deep in groups and references; some of it mere rubble of syntax. */
export function regexPattern(r: Random): string {
  return r.weighted([
    [12, () => expression(r, 3)],
    [5, () => bracketPattern(r)],
    [3, () => classPattern(r)],
    [2, () => preferencePattern(r)],
    [3, () => linePattern(r)],
    [0.5, () => manyGroups(r)],
    [2, () => constrainedReference(r)],
    [2, () => r.pick(prefixes) + expression(r, 3)],
    [3, () => rubble(r)],
    [1, () => r.pick(prefixes) + rubble(r)],
    [2, () => damaged(r, expression(r, 2))],
    [1, () => basic(r, 2)],
    [1, () => `(?i)${expression(r, 3)}`],
    [0.4, () => String.raw`(?i)(${r.pick(["a", "b", "ab", "aB"])})\1${r.pick(quantifiers)}`],
    [0.4, () => r.pick(["(?n)", "(?w)"]) + r.pick(["^", "a$", "^b"]) + expression(r, 1)],
    [1, () => tiling(r)],
    [0.3, () => expression(r, 1) + r.pick(beginnings)],
    [0.3, () => `(?e)${r.pick(["a)", "(a))", ")", "a)*b", "()|)"])}`],
  ]);
}

/** A short text of the few characters that the patterns speak of. */
export function regexSubject(r: Random): string {
  const alphabet = r.weighted([
    [6, () => "ab"],
    [3, () => "abc"],
    [2, () => "aAbB"],
    [2, () => "afgAFG09"],
    [2, () => "ab -_1"],
    [4, () => "ab\n"],
    [3, () => "abcyzABFGYZ0189_-. \t~"],
    [1, () => "a\xc3\xa9\xe9\t\\(){}*"],
  ]);
  return r.many(0, r.pick([3, 6, 6, 12]), () => alphabet[r.below(alphabet.length)] ?? "").join("");
}

const prefixes = list(
  "(?i) (?i) (?n) (?w) (?p) (?x) (?ix) (?e) (?q) (?b) (?s) (?t) (?c) (?m) (?qe) (?qb) (?xq) (?z) (?iq) (?i",
  "***: ***= ***:(?i) ***? *** ****",
);

const quantifiers = list(
  "* * + ? *? +? ?? {2} {1,2} {0,1} {1} {2}? {0,2}? {1,} {0} {0,0} {1,1} {1,1}? {2,}? {3} {0,} {2,3}",
);

const anchors = list(String.raw`^ $ ^ $ \A \Z \m \M \y \Y [[:<:]] [[:>:]]`);

const sets = list(
  String.raw`. . [ab] [^a] [a-c] [^b-] \w \W \d \D \s \S [[:alpha:]] [[:upper:]b] [^[:space:]] [[.a.]-c] [[=a=]]`,
  String.raw`[\w-] [\w-z] [\W] [^\Wa] [[:word:]] [[:lower:]] []a] [\n] [A-B] [a-\w] [a-[:alpha:]] [+--] [\u0101-\u0202] \x61 \u0062 \t \n \e \052 \B [[.hyphen.]] \xe9`,
);

/** Of what has to be ended. */
const beginnings = list(String.raw`[ [^ [a [a- [\ [[ [[: [[.a [[=a=] ( (? (?= (?# { a{1 a{1, \ \x`);

const fragments = list(
  String.raw`a b ( ) [ ] { } * + ? | ^ $ . \ - , : = ! < > # 1 2 3 0 _ A B (? (?: (?# (?= (?<! [[: :]] [. .] [= =]`,
  String.raw`[^ {1 ,2} {255} {256} \1 \10 \x \u12 \U0000006 \c \8 \12 \777 \x100000061 \xFFFFFFFF \q alpha foo`,
  String.raw`[[.NUL.]] [[.tilde.]- z-a a-c-e *** \{ \( \) \< {2,1} {,2}`,
  "\xe9 \t \n",
);

/** Pieces, written with spaces between them. */
function list(...lines: readonly string[]): readonly [string, ...string[]] {
  const [first = "", ...more] = lines.flatMap((line) => line.split(" "));
  return [first, ...more];
}

/** How many groups can be referred to. */
interface Groups {
  begun: number;
  readonly closed: number[];
}

function expression(r: Random, depth: number): string {
  return alternation(r, depth, { begun: 0, closed: [] });
}

function alternation(r: Random, depth: number, groups: Groups): string {
  return r.many(1, r.pick([1, 1, 1, 2, 3]), () => branch(r, depth, groups)).join("|");
}

function branch(r: Random, depth: number, groups: Groups): string {
  return r.many(r.chance(0.06) ? 0 : 1, 4, () => quantified(r, depth, groups)).join("");
}

function quantified(r: Random, depth: number, groups: Groups): string {
  if (r.chance(0.06)) return r.pick(anchors);
  if (depth > 0 && r.chance(0.05)) {
    const inner = alternation(r, depth - 1, { begun: groups.begun, closed: [] });
    return `(${r.pick(["?=", "?!", "?<=", "?<!"])}${inner})`;
  }
  return atom(r, depth, groups) + (r.chance(0.4) ? r.pick(quantifiers) : "");
}

function atom(r: Random, depth: number, groups: Groups): string {
  return r.weighted([
    [6, () => r.pick(["a", "b", "a", "b", "ab", "c"])],
    [2, () => r.pick(sets)],
    [depth > 0 ? 5 : 0, () => group(r, depth, groups)],
    [depth > 0 ? 2 : 0, () => `(?:${alternation(r, depth - 1, groups)})`],
    [groups.closed.length, () => `\\${groups.closed[r.below(groups.closed.length)]}`],
    [0.02, () => String.raw`\2`],
  ]);
}

function group(r: Random, depth: number, groups: Groups): string {
  const number = (groups.begun += 1);
  const inner = alternation(r, depth - 1, groups);
  groups.closed.push(number);
  return `(${inner})`;
}

function rubble(r: Random): string {
  return r.many(1, 9, () => r.pick(r.chance(0.3) ? sets : fragments)).join(r.chance(0.1) ? " " : "");
}

/** What the subject may be laid out with, word by word, in more than one way or in none. */
function tiling(r: Random): string {
  const one = (): string => r.many(1, 4, () => r.pick(["a", "a", "a", "b"])).join("");
  const words = r.many(2, 4, () => (r.chance(0.5) ? `(${one()})` : one())).join("|");
  return `^(${words})${r.pick(["*", "*", "*?", "{0,5}", "{2,}"])}${r.pick(["$", "$", "", "b$"])}`;
}

/** With something put in, taken out or cut off. */
function damaged(r: Random, pattern: string): string {
  const at = r.below(pattern.length + 1);
  return pattern.slice(0, at) + (r.chance(0.6) ? r.pick(fragments) : "") + pattern.slice(at + r.below(3));
}

/** A basic expression. */
function basic(r: Random, depth: number): string {
  const item = (): string => {
    const made = r.weighted([
      [4, () => r.pick(["a", "b", "*", "^", "$", "+", "[ab]", ".", "|", "("])],
      [depth > 0 ? 2 : 0, () => `\\(${r.many(0, 3, item).join("")}\\)`],
      [1, () => r.pick(["\\1", "\\<", "\\>", "\\.", "\\q", "\\{"])],
    ]);
    return made + (r.chance(0.3) ? r.pick(["*", "\\{2\\}", "\\{0,1\\}", "\\{1,\\}", "\\{1}"]) : "");
  };
  return `(?b)${r.many(0, 4, item).join("")}`;
}
