/** `smart`: sessions may end by themselves within `shutdown_timeout`; `fast`, `immediate`: they are ended now. */
export type StopMode = "smart" | "fast" | "immediate";

/** From the softest to the hardest. */
export const stopModes: readonly StopMode[] = ["smart", "fast", "immediate"];

/** The end of a gateway, which can become harder while it goes on and never softer. */
export class Stopping {
  #mode: StopMode | null = null;
  #ending: Promise<void> | null = null;
  #hardened: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Null: it has not begun. */
  get mode(): StopMode | null {
    return this.#mode;
  }

  /** Returns whether that changes anything. */
  ask(mode: StopMode): boolean {
    const now = this.#mode === null ? -1 : stopModes.indexOf(this.#mode);
    if (stopModes.indexOf(mode) <= now) return false;
    this.#mode = mode;
    this.#hardened.resolve();
    this.#hardened = Promise.withResolvers();
    return true;
  }

  /** Does it once, however often it is asked for. */
  async once(end: () => Promise<void>): Promise<void> {
    this.#ending ??= end();
    await this.#ending;
  }

  /** Waits for what may end by itself: no longer than that, and not when somebody asks for more. */
  async wait(what: Promise<unknown>, milliseconds: number): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([what, tooLate, this.#hardened.promise]);
    clearTimeout(timer);
  }
}
