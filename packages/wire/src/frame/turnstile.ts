import { abortError } from "./deadline.ts";

/** Lets so many pieces of work run at a time; the others wait in order. */
export class Turnstile {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs `work` when its turn comes. When `signal` aborts, the wait is over at once; work that has begun goes on
   * unheard, and keeps its place until it ends, since a thread cannot be stopped.
   *
   * @throws {WireError} `timeout` or `aborted`, by the signal
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal = new AbortController().signal): Promise<T> {
    if (signal.aborted) {
      throw abortError(signal);
    }
    const turn = Promise.withResolvers<T>();
    const start = () => {
      this.#running += 1;
      void this.#work(work, turn);
    };
    const giveUp = () => {
      this.#waiting.delete(start);
      turn.reject(abortError(signal));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.add(start);
    this.#admit();
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #work<T>(work: () => Promise<T>, { resolve, reject }: PromiseWithResolvers<T>): Promise<void> {
    try {
      resolve(await work());
    } catch (error) {
      reject(error);
    }
    this.#running -= 1;
    this.#admit();
  }

  /** A Set keeps the order of arrival, and lets go of whoever leaves the queue. */
  #admit(): void {
    for (const start of this.#waiting) {
      if (this.#running >= this.#limit) {
        return;
      }
      this.#waiting.delete(start);
      start();
    }
  }
}
