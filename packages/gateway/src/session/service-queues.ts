import type { Bytes } from "@sallyport/policy";
import { ServiceBusy } from "@sallyport/methods";
import type { ServiceTurns } from "@sallyport/methods";
import { Turnstile } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import type { Turn } from "../doorstep/waiting-room.ts";

type Limits = Pick<Settings, "auth_service_limit" | "auth_service_queue">;

/** Whose turns they are. */
export interface ServiceGuest {
  /** What one source has at services keeps those of the others not waiting. */
  readonly source: string;
  /** To be talked to: put aside while a service is asked, or waited for. */
  readonly turn: Turn;
  /** Ends the wait, and is what the work ends by. */
  readonly signal: AbortSignal;
}

interface Queue {
  readonly turnstile: Turnstile;
  /** Those who wait or ask. */
  users: number;
  /** Those who ask. */
  asking: number;
}

interface Wish {
  readonly service: Bytes;
  readonly asksClient: boolean;
  readonly source: string;
  readonly signal: AbortSignal;
}

export interface ServiceLoad {
  readonly asking: number;
  readonly waiting: number;
}

/** Null: one more may wait. Half of the places are for the others: of one source nobody has to make room for many. */
function whyFull(
  { turnstile, users, asking }: Queue,
  source: string,
  limit: number,
  most: number,
): Bytes | null {
  if (users - asking >= most) {
    return `auth_service_limit=${limit} are asking it, and auth_service_queue=${most} wait.`;
  }
  const mostOfEach = Math.ceil(most / 2);
  if (turnstile.waitingOf(source) < mostOfEach) return null;
  return `${mostOfEach} of one source wait, which is half of auth_service_queue=${most}.`;
}

/** A queue before each service that is asked now: so a slow one delays nobody who does not need it. */
export class ServiceQueues {
  readonly #queues = new Map<Bytes, Queue>();
  /** Logins that are with a service, and those that wait for their turn, of all services together. */
  get load(): ServiceLoad {
    let [asking, waiting] = [0, 0];
    for (const queue of this.#queues.values()) {
      asking += queue.asking;
      waiting += queue.users - queue.asking;
    }
    return { asking, waiting };
  }

  /** How many services are asked, or waited for. */
  get size(): number {
    return this.#queues.size;
  }

  turnsFor({ source, turn, signal }: ServiceGuest, limits: Limits): ServiceTurns {
    return {
      take: async (service, work, asksClient = false) =>
        await turn.aside(async () => await this.#take({ service, asksClient, source, signal }, work, limits)),
    };
  }

  async #take<T>(
    { service, asksClient, source, signal }: Wish,
    work: () => Promise<T>,
    { auth_service_limit: limit, auth_service_queue: most }: Limits,
  ): Promise<T> {
    const queue = this.#queues.get(service) ?? { turnstile: new Turnstile(limit), users: 0, asking: 0 };
    const { turnstile } = queue;
    turnstile.limit = limit;
    turnstile.limitOfEach = asksClient ? Math.max(1, Math.floor(limit / 2)) : limit;
    const full = turnstile.canBegin(source) ? null : whyFull(queue, source, limit, most);
    if (full !== null) throw new ServiceBusy(service, full);
    this.#queues.set(service, queue);
    queue.users += 1;
    let began = false;
    try {
      return await turnstile.run(
        async () => {
          began = true;
          queue.asking += 1;
          return await work().finally(() => {
            queue.asking -= 1;
            this.#leave(service, queue);
          });
        },
        signal,
        source,
      );
    } finally {
      // Work that has begun leaves when it ends, which may be later.
      if (!began) this.#leave(service, queue);
    }
  }

  /** Services may be as many as clients (ident): of those that nobody asks nothing is kept. */
  #leave(service: Bytes, queue: Queue): void {
    queue.users -= 1;
    if (queue.users === 0) this.#queues.delete(service);
  }
}
