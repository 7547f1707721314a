import type { Client, Greeting, OpenedSession, ParameterStatus } from "@sallyport/wire";
import { clean } from "./clean.ts";
import { greetingsNow } from "./greetings.ts";
import type { Likeness, PoolWish } from "./wish.ts";

/** One session upstream, from its birth to its end: used by one client after the other. */
export class PooledSession {
  readonly likeness: Likeness;
  readonly user: string;
  readonly database: string;
  /** Milliseconds of the pool's clock. */
  readonly bornAt: number;
  /** Since when nobody uses it. */
  idleSince: number;
  #session: OpenedSession;
  /** Listens to it while nobody uses it. */
  #client: Client | null = null;
  readonly #parameters: Map<string, string>;

  constructor(
    session: OpenedSession,
    { user, database }: Pick<PoolWish, "user" | "database">,
    likeness: Likeness,
    now: number,
  ) {
    this.#session = session;
    this.user = user;
    this.database = database;
    this.likeness = likeness;
    this.bornAt = now;
    this.idleSince = now;
    this.#parameters = new Map(session.parameters.map(({ name, value }) => [name, value]));
  }

  get session(): OpenedSession {
    return this.#session;
  }

  /** What a new client of it is told. */
  get greetings(): readonly Greeting[] {
    return this.#session.greetings;
  }

  /** The server has told its client of a setting. */
  report({ name, value }: ParameterStatus): void {
    this.#parameters.set(name, value);
  }

  /**
   * Makes it as new, and listens to it from then on. False: it cannot be as new any more, and is closed.
   *
   * @param onEnd it is over, while nobody used it
   * @throws it is closed
   */
  async retire(now: () => number, onEnd: () => void): Promise<boolean> {
    const parameters = Array.from(this.#parameters, ([name, value]) => ({ name, value }));
    const client = await clean({ ...this.#session, parameters, rest: nothing });
    if (client === null) return false;
    this.#client = client;
    this.idleSince = now();
    void this.#listen(client, onEnd);
    return true;
  }

  /** A client that was released is never closed. */
  async #listen(client: Client, onEnd: () => void): Promise<void> {
    await client.closed;
    this.#client = null;
    onEnd();
  }

  /** Hands it out. Null: it is gone by now. */
  take(): OpenedSession | null {
    const client = this.#client;
    this.#client = null;
    if (client === null || this.#session.stream.destroyed) return null;
    try {
      const { server, target } = this.#session;
      const session = client.release();
      for (const { name, value } of session.parameters) this.#parameters.set(name, value);
      const greetings = greetingsNow(session.greetings, this.#parameters);
      this.#session = { ...session, greetings, server, target };
      return this.#session;
    } catch {
      client.destroy();
      return null;
    }
  }

  /** Says goodbye, and resolves when the server has closed it. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }
}

const nothing = Buffer.alloc(0);
