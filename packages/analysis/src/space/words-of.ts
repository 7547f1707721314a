import type { Bytes, Language } from "@sallyport/policy";
import { builtBy } from "./effort.ts";
import type { Effort } from "./effort.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";

/** A language, or (`holds` false) all that is not in it. */
export interface Automaton {
  readonly language: Language;
  readonly holds: boolean;
}

/** So many combinations of states are looked at before it is given up, */
const mostStates = 100_000;
/** which are of so many states together, */
const mostNumbers = 4_000_000;
/** or when so much of the automata has been built: about 100 MB. */
const mostBuilt = 1_500_000;
/** So many beginnings of excluded names are told apart: about 200 MB. */
const mostExcluded = 600_000;
/** What it takes to go on by a byte, and in each automaton. */
const stepWork = 10;
const automatonWork = 2;

const usualBytes = bytesFrom([0x61, 0x7a], [0x30, 0x39], [0x5f, 0x5f]);

/** Bytes that names are made of, the usual ones first: each line is tried before the next is. */
const alphabets: readonly Bytes[] = [
  usualBytes,
  bytesFrom([0x61, 0x7a], [0x30, 0x39], [0x41, 0x5a], [0x20, 0x7e]),
  bytesFrom([0x61, 0x7a], [0x01, 0x7f]),
  bytesFrom([0x61, 0x7a], [0x01, 0xff]),
];

function bytesFrom(...ranges: readonly (readonly [number, number])[]): Bytes {
  const bytes = new Set<string>();
  for (const [first, last] of ranges)
    for (let byte = first; byte <= last; byte += 1) bytes.add(String.fromCharCode(byte));
  return [...bytes].join("");
}

/**
 * The shortest name that all automata accept and that is not excluded, if there is one of usual bytes, else of printable ones, else
 * of any but NUL. Null: there is none.
 *
 * @param longest how many bytes it may have
 */
export function shortestWord(
  automata: readonly Automaton[],
  excluded: readonly Bytes[],
  longest: number,
  effort: Effort,
): Bytes | null | NotDecided {
  let undecided = false;
  for (const alphabet of alphabets) {
    const word = shortestOver(alphabet, automata, excluded, longest, effort);
    if (word !== null && word !== notDecided) return word;
    undecided = word === notDecided;
  }
  return undecided ? notDecided : null;
}

interface Place {
  readonly word: Bytes;
  readonly states: readonly number[];
}

/** Breadth first over combinations of states. While a word is the beginning of an excluded one, it is a place of its own. */
function shortestOver(
  alphabet: Bytes,
  automata: readonly Automaton[],
  excluded: readonly Bytes[],
  longest: number,
  effort: Effort,
): Bytes | null | NotDecided {
  const languages = automata.map(({ language }) => language);
  const enough = builtBy(languages) + mostBuilt;
  const isTooMuch = (): boolean =>
    seen.size >= mostStates ||
    seen.size * automata.length >= mostNumbers ||
    builtBy(languages) > enough ||
    effort.isSpent;
  effort.spend(alphabet.length * automata.length + 10 * excluded.length);
  if (excluded.reduce((sum, name) => sum + name.length, 0) > mostExcluded) {
    effort.giveUp();
    return notDecided;
  }
  const avoided = new Set(excluded);
  const beginnings = new Map<Bytes, Set<string>>();
  for (const name of excluded) {
    for (let end = 0; end < name.length; end += 1) {
      const beginning = name.slice(0, end);
      const nexts = beginnings.get(beginning) ?? new Set();
      beginnings.set(beginning, nexts.add(name.charAt(end)));
    }
  }
  const classes = byteClasses(alphabet, automata);
  const seen = new Set<string>();
  let places: Place[] = [{ word: "", states: automata.map(({ language }) => language.start) }];
  for (let length = 1; length <= longest && places.length > 0; length += 1) {
    const next: Place[] = [];
    for (const { word, states } of places) {
      if (isTooMuch()) {
        effort.giveUp();
        return notDecided;
      }
      for (const byte of bytesToTry(classes, beginnings.get(word))) {
        effort.spend(stepWork + automatonWork * automata.length);
        const longer = word + byte;
        const code = byte.charCodeAt(0);
        const reached = automata.map(({ language }, at) => language.next(states[at] ?? 0, code));
        if (isAccepted(automata, reached) && !avoided.has(longer)) return longer;
        const key = `${reached.join(" ")} ${beginnings.has(longer) || avoided.has(longer) ? longer : ""}`;
        if (seen.has(key) || isHopeless(automata, reached)) continue;
        seen.add(key);
        next.push({ word: longer, states: reached });
      }
    }
    places = next;
  }
  return null;
}

/** So many beginnings of words are gone on from. */
const mostBeginnings = 2000;

/**
 * Names that all automata accept, short ones first, as far as few steps lead.
 *
 * @param longest how many bytes they may have
 * @param bytes that they are made of
 */
export function* words(
  automata: readonly Automaton[],
  longest: number,
  bytes: Bytes = usualBytes,
): Generator<Bytes, void, undefined> {
  const places: Place[] = [{ word: "", states: automata.map(({ language }) => language.start) }];
  // The list grows while it is walked.
  for (const { word, states } of places) {
    for (const byte of bytes) {
      const code = byte.charCodeAt(0);
      const reached = automata.map(({ language }, at) => language.next(states[at] ?? 0, code));
      if (isHopeless(automata, reached)) continue;
      if (isAccepted(automata, reached)) yield word + byte;
      if (places.length < mostBeginnings && word.length + 1 < longest)
        places.push({ word: word + byte, states: reached });
    }
  }
}

/** One printable byte of each class that the automata tell apart. */
export function distinctBytes(automata: readonly Automaton[]): Bytes {
  const [, printable = ""] = alphabets;
  return byteClasses(printable, automata)
    .map((bytes) => bytes.charAt(0))
    .join("");
}

/** The bytes of an alphabet that no automaton tells apart. */
function byteClasses(alphabet: Bytes, automata: readonly Automaton[]): readonly Bytes[] {
  const classes = new Map<string, Bytes>();
  for (const byte of alphabet) {
    const key = automata.map(({ language }) => language.classes.charCodeAt(byte.charCodeAt(0))).join(" ");
    classes.set(key, (classes.get(key) ?? "") + byte);
  }
  return [...classes.values()];
}

/** Of each class one; of those by which an excluded name goes on, all, and one that is none. */
function* bytesToTry(classes: readonly Bytes[], special: ReadonlySet<string> | undefined): Generator<string> {
  for (const bytes of classes) {
    if (!special) {
      yield bytes.charAt(0);
      continue;
    }
    let plain = true;
    for (const byte of bytes) {
      if (special.has(byte)) yield byte;
      else if (plain) {
        plain = false;
        yield byte;
      }
    }
  }
}

function isAccepted(automata: readonly Automaton[], states: readonly number[]): boolean {
  return automata.every(({ language, holds }, at) => language.accepts(states[at] ?? 0) === holds);
}

/** Whatever follows, one of them does not accept. */
function isHopeless(automata: readonly Automaton[], states: readonly number[]): boolean {
  return automata.some(({ language, holds }, at) => !holds && states[at] === language.always);
}
