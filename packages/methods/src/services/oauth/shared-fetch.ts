import { IssuerFault } from "./issuer-fault.ts";

/** Milliseconds between two questions to an issuer that could not answer the first. */
const restAfterFault = 2000;

/**
 * A question that is asked on behalf of all who need the answer: one at a time, and after a fault none for a while. It ends
 * by its own time limit, not by that of whoever asked first.
 */
export class SharedFetch<T> {
  readonly #fetch: () => Promise<T>;
  readonly #now: () => number;
  #running: Promise<T> | null = null;
  #fault: { readonly value: IssuerFault; readonly at: number } | null = null;

  constructor(fetch: () => Promise<T>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** @throws {IssuerFault} the last one, if that was just now */
  async join(): Promise<T> {
    if (this.#fault !== null && Math.abs(this.#now() - this.#fault.at) < restAfterFault)
      throw this.#fault.value;
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return await this.#running;
  }

  async #run(): Promise<T> {
    try {
      return await this.#fetch();
    } catch (error) {
      if (error instanceof IssuerFault) this.#fault = { value: error, at: this.#now() };
      throw error;
    }
  }
}
