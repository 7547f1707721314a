import type { Bytes, Language, Regex } from "@sallyport/policy";
import type { Effort } from "./effort.ts";
import { hasName, longestName } from "./name-set.ts";
import type { NameSet } from "./name-set.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";
import { shortestWord, words } from "./words-of.ts";

/** What a name must be. */
export interface NameQuestion {
  readonly within: NameSet;
  readonly asks: readonly { readonly regex: Regex; readonly holds: boolean }[];
  /** Names to try first. */
  readonly wished: readonly Bytes[];
  /** How many bytes it may have. */
  readonly longest: number;
}

/** So many words are tried where an expression is no automaton. */
const mostTried = 300;

/**
 * A name that answers the question; null: there is none. Not decided: an expression with back references or lookarounds was
 * asked for a name of whatever form, and those that were tried did not do; or the automata are too large.
 */
export function findName(
  { within, asks, wished, longest }: NameQuestion,
  effort: Effort,
): Bytes | null | NotDecided {
  const answers = (name: Bytes): boolean | null => {
    let certain: true | null = true;
    for (const { regex, holds } of asks) {
      const test = effort.test(regex, name);
      if (test === !holds) return false;
      if (test === null) certain = null;
    }
    return certain;
  };
  if (!within.except) return firstOf(within.names, answers, effort);
  for (const name of wished) if (hasName(within, name) && answers(name) === true) return name;
  if (asks.length === 0) return freshName(within, effort);

  const automata: { language: Language; holds: boolean }[] = [];
  for (const { regex, holds } of asks) {
    const language = regex.language();
    if (language) automata.push({ language, holds });
  }
  if (automata.length === asks.length) {
    const excluded: Bytes[] = [];
    for (const name of within.names) {
      if (effort.isSpent) return notDecided;
      if (answers(name) === true) excluded.push(name);
    }
    const settle = effort.willAsk(asks.map(({ regex }) => regex));
    const word = shortestWord(automata, excluded, longest, effort);
    settle();
    return word;
  }
  let tried = 0;
  for (const word of words(automata, longest)) {
    if (effort.isSpent) return notDecided;
    effort.spend(40 * automata.length);
    if (hasName(within, word) && answers(word) === true) return word;
    tried += 1;
    if (tried >= mostTried) return notDecided;
  }
  return notDecided;
}

function firstOf(
  names: Iterable<Bytes>,
  answers: (name: Bytes) => boolean | null,
  effort: Effort,
): Bytes | null | NotDecided {
  let undecided = false;
  for (const name of names) {
    if (effort.isSpent) return notDecided;
    const answer = answers(name);
    if (answer === true) return name;
    if (answer === null) undecided = true;
  }
  return undecided ? notDecided : null;
}

/** There are more names than any file can exclude. */
function freshName(within: NameSet, effort: Effort): Bytes {
  for (let number = 1; ; number += 1) {
    const name = `other${number}`;
    effort.spend(1);
    if (hasName(within, name) && name.length <= longestName) return name;
  }
}
