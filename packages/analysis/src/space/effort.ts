import type { Bytes, Regex } from "@sallyport/policy";

/**
 * So much work is done for any file, and so much more for each of its rules: some 20 s of two or three gigahertz, and two fifths of a
 * millisecond a rule. A rule of an ordinary file takes a twentieth of the latter, and if it has changed, most of it.
 */
const most = 80_000_000;
const mostPerRule = 2000;

/** So much of what expressions have built is kept: about 100 MB. */
const mostBuilt = 1_500_000;

/** What it takes to build a number of them. */
const builtWork = 3;

/**
 * How much an analysis may do. It counts work, about 200 ns each, and no time: the same files always have the same answer. Once it is
 * spent, searches are given up as soon as they begin, so that an analysis comes to its end and tells what it did not find out.
 */
export class Effort {
  readonly #most: number;
  #spent = 0;
  #givenUp = 0;
  readonly #asked = new Set<Regex>();
  #built = 0;

  /**
   * @param rules how many there are in all the files that are looked at
   * @param atLeast for any file
   */
  constructor(rules: number, atLeast: number = most) {
    this.#most = atLeast + mostPerRule * rules;
  }

  spend(work: number): void {
    this.#spent += work;
  }

  /** Nothing more is to be done: there is so much that it would take too long, or too much memory. */
  exhaust(): void {
    this.#spent = Infinity;
  }

  get spent(): number {
    return this.#spent;
  }

  get isSpent(): boolean {
    return this.#spent > this.#most;
  }

  /** A search has ended before its end, since it took too long. */
  giveUp(): void {
    this.#givenUp += 1;
  }

  /** How many searches have. */
  get givenUp(): number {
    return this.#givenUp;
  }

  test(regex: Regex, name: Bytes): boolean | null {
    const settle = this.willAsk([regex]);
    const answer = regex.test(name);
    this.spend(name.length);
    settle();
    return answer;
  }

  /** Expressions are going to be asked; what they have built by then is counted when the answer is called. */
  willAsk(regexes: readonly Regex[]): () => void {
    if (this.#built > mostBuilt) {
      for (const regex of this.#asked) regex.forget();
      this.#asked.clear();
      this.#built = 0;
    }
    for (const regex of regexes) this.#asked.add(regex);
    const before = builtBy(regexes);
    return () => {
      const built = builtBy(regexes) - before;
      this.#built += built;
      this.spend(20 * regexes.length + builtWork * built);
    };
  }
}

export function builtBy(parts: readonly { readonly built: () => number }[]): number {
  return parts.reduce((sum, { built }) => sum + built(), 0);
}
