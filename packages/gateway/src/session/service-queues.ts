import type { Bytes } from "@sallyport/policy";
import { ServiceBusy } from "@sallyport/methods";
import type { ServiceTurns } from "@sallyport/methods";
import { Turnstile } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";

type Limits = Pick<Settings, "auth_service_limit" | "auth_service_queue">;

interface Wish {
  readonly service: Bytes;
  readonly asksClient: boolean;
  readonly source: string;
  readonly signal: AbortSignal;
}

/** A turnstile before each service that is asked now: so a slow one delays nobody who does not need it. */
export class ServiceQueues {
  readonly #turnstiles = new Map<Bytes, Turnstile>();

  /**
   * @param source whose turns they are: those of one source do not keep those of the others waiting
   * @param signal ends the wait, and is what the work ends by
   */
  turnsFor(source: string, limits: Limits, signal: AbortSignal): ServiceTurns {
    return {
      take: async (service, work, asksClient = false) =>
        await this.#take({ service, asksClient, source, signal }, work, limits),
    };
  }

  async #take<T>(
    { service, asksClient, source, signal }: Wish,
    work: () => Promise<T>,
    { auth_service_limit: limit, auth_service_queue: queue }: Limits,
  ): Promise<T> {
    const turnstile = this.#turnstiles.get(service) ?? new Turnstile(limit);
    turnstile.limit = limit;
    turnstile.limitOfEach = asksClient ? Math.max(1, Math.floor(limit / 2)) : limit;
    if (turnstile.running >= limit && turnstile.waiting >= queue) {
      throw new ServiceBusy(
        service,
        `auth_service_limit=${limit} are asking it, and auth_service_queue=${queue} wait.`,
      );
    }
    this.#turnstiles.set(service, turnstile);
    try {
      return await turnstile.run(work, signal, source);
    } finally {
      if (turnstile.running + turnstile.waiting === 0) this.#turnstiles.delete(service);
    }
  }
}
