import { abortError } from "./deadline.ts";

/**
 * Lets so many pieces of work run at a time. Those on whose behalf work waits take turns, each with the order of its
 * own: so nobody who brings much of it, or slow work, keeps the others waiting for all of that.
 */
export class Turnstile {
  /** How many run at a time. A lower one counts from the next that would begin. */
  limit: number;
  /** ... of one's alone. */
  limitOfEach: number = Infinity;
  /** By whose it is. Whose turn it is next stands first; who has nothing waiting does not stand here. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** How many run, by whose they are; who has none does not stand here. */
  readonly #runningOf = new Map<string, number>();
  #running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether work of theirs would begin at once. */
  canBegin(whose: string): boolean {
    return this.#running < this.limit && (this.#runningOf.get(whose) ?? 0) < this.limitOfEach;
  }

  /** How much of their work waits. */
  waitingOf(whose: string): number {
    return this.#waiting.get(whose)?.size ?? 0;
  }

  /**
   * Runs `work` when its turn comes. When `signal` aborts, the wait is over at once; work that has begun goes on
   * unheard, and keeps its place until it ends, since a thread cannot be stopped.
   *
   * @param whose work it is; by default nobody's in particular
   * @throws {WireError} `timeout` or `aborted`, by the signal
   */
  async run<T>(
    work: () => Promise<T>,
    signal: AbortSignal = new AbortController().signal,
    whose: string = "",
  ): Promise<T> {
    if (signal.aborted) {
      throw abortError(signal);
    }
    const turn = Promise.withResolvers<T>();
    const start = () => {
      this.#count(whose, 1);
      void this.#work(work, turn, whose);
    };
    const giveUp = () => {
      this.#forget(whose, start);
      turn.reject(abortError(signal));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    const line = this.#waiting.get(whose) ?? new Set();
    this.#waiting.set(whose, line.add(start));
    this.#admit();
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #work<T>(
    work: () => Promise<T>,
    { resolve, reject }: PromiseWithResolvers<T>,
    whose: string,
  ): Promise<void> {
    try {
      resolve(await work());
    } catch (error) {
      reject(error);
    }
    this.#count(whose, -1);
    this.#admit();
  }

  #count(whose: string, more: 1 | -1): void {
    const runningOf = (this.#runningOf.get(whose) ?? 0) + more;
    this.#running += more;
    if (runningOf === 0) this.#runningOf.delete(whose);
    else this.#runningOf.set(whose, runningOf);
  }

  #admit(): void {
    for (const [whose, line] of this.#waiting) {
      const [start] = line;
      if (this.#running >= this.limit || start === undefined) {
        return;
      }
      if ((this.#runningOf.get(whose) ?? 0) >= this.limitOfEach) {
        continue;
      }
      this.#forget(whose, start);
      // The others come first now.
      if (line.size > 0) {
        this.#waiting.delete(whose);
        this.#waiting.set(whose, line);
      }
      start();
    }
  }

  /** A Set keeps the order of arrival, and lets go of whoever leaves the line. */
  #forget(whose: string, start: () => void): void {
    const line = this.#waiting.get(whose);
    line?.delete(start);
    if (line?.size === 0) {
      this.#waiting.delete(whose);
    }
  }
}
