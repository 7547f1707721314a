import type { PoolSettings } from "../../config/settings/pool.ts";
import type { PooledSession } from "./pooled-session.ts";
import type { Likeness } from "./wish.ts";

/** Milliseconds between two looks at who has been here for too long. */
const lookEvery = 1000;

export type IdleLimits = Pick<PoolSettings, "pool_idle_timeout" | "pool_max_age">;

/** Whose sessions are closed to make room: those of one role in one database, of either, or anybody's. */
export type Whose = "same" | "related" | "any";

/** The sessions upstream that nobody uses. */
export class IdleSessions {
  readonly #limits: () => IdleLimits;
  readonly #now: () => number;
  readonly #forget: (session: PooledSession) => void;
  /** The one that is idle for the longest time stands first. */
  readonly #sessions = new Set<PooledSession>();
  /** The same by their key. */
  readonly #alike = new Map<string, PooledSession[]>();
  #timer: NodeJS.Timeout | null = null;

  /** @param forget hears of each that will not be used any more */
  constructor(limits: () => IdleLimits, now: () => number, forget: (session: PooledSession) => void) {
    this.#limits = limits;
    this.#now = now;
    this.#forget = forget;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Of a role in a database. */
  sizeOf(user: string, database: string): number {
    let size = 0;
    for (const one of this.#sessions) if (one.user === user && one.database === database) size += 1;
    return size;
  }

  add(session: PooledSession): void {
    const { key } = session.likeness;
    this.#sessions.add(session);
    const alike = this.#alike.get(key) ?? [];
    alike.push(session);
    this.#alike.set(key, alike);
    this.#timer ??= setInterval(() => this.#closeOld(), lookEvery).unref();
  }

  /** One that is like a new one, and from now on its taker's; the last that came, so that those too many grow old. */
  take({ key, fingerprint }: Likeness): PooledSession | null {
    for (;;) {
      const session = this.#alike.get(key)?.at(-1);
      if (session === undefined) return null;
      this.#remove(session);
      // Its role or its database is not what it was.
      if (session.likeness.fingerprint !== fingerprint || this.#isOld(session)) void this.#close(session);
      else if (session.take() !== null) return session;
      else this.#forget(session);
    }
  }

  /** It has ended by itself. */
  gone(session: PooledSession): void {
    if (this.#remove(session)) this.#forget(session);
  }

  /** Closes one, of this role in this database if there is any, so that its place is free. False: there is none. */
  async evict(user: string, database: string, whose: Whose): Promise<boolean> {
    const session = this.#leastNeeded(user, database, whose);
    if (session === null) return false;
    this.#remove(session);
    await this.#close(session);
    return true;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const all = [...this.#sessions];
    for (const session of all) this.#remove(session);
    await Promise.all(all.map(async (session) => await this.#close(session)));
  }

  #leastNeeded(user: string, database: string, whose: Whose): PooledSession | null {
    let found: PooledSession | null = null;
    for (const session of this.#sessions) {
      const [isUser, isDatabase] = [session.user === user, session.database === database];
      if (isUser && isDatabase) return session;
      if (whose === "any" || (whose === "related" && (isUser || isDatabase))) found ??= session;
    }
    return found;
  }

  #closeOld(): void {
    for (const session of this.#sessions) {
      if (!this.#isOld(session)) continue;
      this.#remove(session);
      void this.#close(session);
    }
  }

  #isOld({ bornAt, idleSince }: PooledSession): boolean {
    const { pool_idle_timeout, pool_max_age } = this.#limits();
    const now = this.#now();
    return (
      (pool_idle_timeout > 0 && now - idleSince >= pool_idle_timeout * 1000) ||
      (pool_max_age > 0 && now - bornAt >= pool_max_age * 1000)
    );
  }

  async #close(session: PooledSession): Promise<void> {
    this.#forget(session);
    await session.close();
  }

  #remove(session: PooledSession): boolean {
    if (!this.#sessions.delete(session)) return false;
    const { key } = session.likeness;
    const alike = this.#alike.get(key) ?? [];
    alike.splice(alike.lastIndexOf(session), 1);
    if (alike.length === 0) this.#alike.delete(key);
    return true;
  }
}
