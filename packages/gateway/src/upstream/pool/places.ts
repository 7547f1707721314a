import { FatalError, startDeadline, Turnstile, WireError } from "@sallyport/wire";
import type { PoolSettings } from "../../config/settings/pool.ts";

/** The right to a session upstream, until it is given back. */
export interface Place {
  readonly leave: () => void;
}

export type PlaceLimits = Pick<PoolSettings, "pool_size" | "pool_size_per_role" | "pool_wait_timeout">;

/**
 * How many sessions upstream may be in use at a time, in all and of one role in one database. Roles take turns, each in the
 * order of its arrivals.
 */
export class Places {
  readonly #turnstile: Turnstile = new Turnstile(Infinity);
  #waiting = 0;

  /** Logins that wait for one. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * @param whose role and database
   * @throws {FatalError} 53300 none became free in time
   * @throws {WireError} the signal's reason
   */
  async take(whose: string, limits: PlaceLimits, signal: AbortSignal): Promise<Place> {
    const { pool_size, pool_size_per_role, pool_wait_timeout } = limits;
    this.#turnstile.limit = pool_size === 0 ? Infinity : pool_size;
    this.#turnstile.limitOfEach = pool_size_per_role === 0 ? Infinity : pool_size_per_role;
    // Whoever need not wait needs no clock.
    if (this.#waiting === 0 && this.#turnstile.canBegin(whose)) return await this.#take(whose, signal);
    const deadline = startDeadline(
      pool_wait_timeout === 0 ? null : pool_wait_timeout * 1000,
      "pool_wait_timeout",
      signal,
    );
    this.#waiting += 1;
    try {
      return await this.#take(whose, deadline.signal);
    } catch (error) {
      const ownTime = error instanceof WireError && error.code === "timeout" && !signal.aborted;
      throw ownTime ? usedUp(limits) : error;
    } finally {
      this.#waiting -= 1;
      deadline.clear();
    }
  }

  async #take(whose: string, signal: AbortSignal): Promise<Place> {
    const taken = Promise.withResolvers<Place>();
    const left = Promise.withResolvers<void>();
    const stay = async (): Promise<void> => {
      taken.resolve({ leave: left.resolve });
      await left.promise;
    };
    this.#turnstile.run(stay, signal, whose).catch(taken.reject);
    return await taken.promise;
  }
}

function usedUp({ pool_size, pool_size_per_role, pool_wait_timeout }: PlaceLimits): FatalError {
  const limits = `pool_size = ${pool_size}, pool_size_per_role = ${pool_size_per_role}`;
  return new FatalError("53300", "sorry, too many clients already", {
    detail: `No session became free within ${pool_wait_timeout} s.`,
    logDetail: `No session upstream became free within pool_wait_timeout (${pool_wait_timeout} s; ${limits}).`,
  });
}
