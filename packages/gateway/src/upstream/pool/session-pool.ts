import { Client, FatalError, ServerError } from "@sallyport/wire";
import type { Greeting, OpenedSession, ParameterStatus } from "@sallyport/wire";
import type { PoolSettings } from "../../config/settings/pool.ts";
import { reasonOf } from "../../log/index.ts";
import type { Log } from "../../log/index.ts";
import { IdleSessions } from "./idle-sessions.ts";
import { Places } from "./places.ts";
import type { Place } from "./places.ts";
import { PooledSession } from "./pooled-session.ts";
import type { Likeness, PoolWish } from "./wish.ts";

/** A session upstream that somebody uses. */
export interface Loan {
  readonly session: OpenedSession;
  /** Somebody else may have it afterwards, if it is at rest. */
  readonly mayServeAgain: boolean;
  /** The server has told of a setting. */
  readonly report: (parameter: ParameterStatus) => void;
  /**
   * Once, when its client has left.
   *
   * @param atRest it is open and at rest, so that it can serve again; else it is closed
   */
  readonly giveBack: (atRest: boolean) => void;
}

/** Sessions upstream, by what becomes of them. */
export interface PoolState {
  /** Clients have them, or they are just being made as new. */
  readonly inUse: number;
  readonly idle: number;
  /** Logins that wait for one. */
  readonly waiting: number;
  /** Since the start, like the next. */
  readonly opened: number;
  /** How often somebody got one that somebody else had before. */
  readonly reused: number;
  /** Closed since they could not be made as new. */
  readonly spoilt: number;
}

/**
 * Sessions upstream that serve one client after the other (`pool_mode = session`). One that is used again cannot be told from a
 * new one, or it is not used again: docs/pooling.md.
 */
export class SessionPool {
  readonly #settings: () => PoolSettings;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #places: Places = new Places();
  readonly #idle: IdleSessions;
  /** All that are open and may serve again, by their key. */
  readonly #living = new Map<string, Set<PooledSession>>();
  #inUse = 0;
  #opened = 0;
  #reused = 0;
  #spoilt = 0;
  #closed = false;

  constructor(settings: () => PoolSettings, log: Log, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#log = log;
    this.#now = now;
    this.#idle = new IdleSessions(settings, now, (session) => this.#forget(session));
  }

  get state(): PoolState {
    return {
      inUse: this.#inUse,
      idle: this.#idle.size,
      waiting: this.#places.waiting,
      opened: this.#opened,
      reused: this.#reused,
      spoilt: this.#spoilt,
    };
  }

  /** What a session like that says at its beginning, if one is open and so was accepted with these settings; else null. */
  greetingsOf({ key, fingerprint }: Likeness): readonly Greeting[] | null {
    for (const { likeness, greetings } of this.#living.get(key) ?? [])
      if (likeness.fingerprint === fingerprint) return greetings;
    return null;
  }

  /**
   * @param open opens a new one
   * @throws {FatalError} 53300 all places are taken, and none became free in time
   * @throws as `open`
   */
  async borrow(wish: PoolWish, open: () => Promise<OpenedSession>, signal: AbortSignal): Promise<Loan> {
    const place = await this.#places.take(wish.group, this.#settings(), signal);
    this.#inUse += 1;
    try {
      const session = wish.likeness && this.#idle.take(wish.likeness);
      if (session) {
        this.#reused += 1;
        return this.#lend(session.session, session, place);
      }
      const opened = await this.#open(wish.group, open);
      this.#opened += 1;
      return this.#lend(opened, this.#adopt(opened, wish), place);
    } catch (error) {
      this.#leave(place);
      throw error;
    }
  }

  /** For good: idle sessions are closed, and whatever comes back, too. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle.close();
  }

  /** One that nobody uses makes room for it: here, or at the server, which may have no more room for the role or the database. */
  async #open(group: string, open: () => Promise<OpenedSession>): Promise<OpenedSession> {
    const { pool_size, pool_size_per_role } = this.#settings();
    const inGroup = this.#idle.sizeOf(group);
    if (pool_size_per_role > 0 && inGroup >= pool_size_per_role) await this.#idle.evict(group);
    if (pool_size > 0 && this.#inUse + this.#idle.size > pool_size) await this.#idle.evict(group);
    for (;;) {
      try {
        return await open();
      } catch (error) {
        if (!isFull(error) || !(await this.#idle.evict(group))) throw error;
      }
    }
  }

  /** Null: it serves nobody else. */
  #adopt(opened: OpenedSession, { group, likeness }: PoolWish): PooledSession | null {
    // A notice may have been about that moment.
    if (likeness === null || opened.greetings.some(({ kind }) => kind === "notice")) return null;
    const session = new PooledSession(opened, group, likeness, this.#now());
    const alike = this.#living.get(likeness.key) ?? new Set();
    this.#living.set(likeness.key, alike.add(session));
    return session;
  }

  #lend(session: OpenedSession, pooled: PooledSession | null, place: Place): Loan {
    return {
      session,
      mayServeAgain: pooled !== null,
      report: (parameter) => pooled?.report(parameter),
      giveBack: (atRest) => {
        if (pooled !== null && atRest && this.#mayServe(pooled)) {
          void this.#retire(pooled, place);
          return;
        }
        if (pooled !== null) this.#forget(pooled);
        void new Client(session).close().finally(() => this.#leave(place));
      },
    };
  }

  #mayServe({ bornAt }: PooledSession): boolean {
    const { pool_max_age } = this.#settings();
    return !this.#closed && (pool_max_age === 0 || this.#now() - bornAt < pool_max_age * 1000);
  }

  async #retire(pooled: PooledSession, place: Place): Promise<void> {
    try {
      const isAsNew = await pooled.retire(this.#now, () => this.#idle.gone(pooled));
      if (!isAsNew) this.#forget(pooled);
      else if (this.#closed) await pooled.close();
      else this.#idle.add(pooled);
    } catch (error) {
      this.#spoilt += 1;
      this.#forget(pooled);
      this.#log.log("LOG", `could not reset a session upstream, which is closed: ${reasonOf(error)}`);
    } finally {
      this.#leave(place);
    }
  }

  #leave(place: Place): void {
    this.#inUse -= 1;
    place.leave();
  }

  #forget(session: PooledSession): void {
    const alike = this.#living.get(session.likeness.key);
    alike?.delete(session);
    if (alike?.size === 0) this.#living.delete(session.likeness.key);
  }
}

/** The server has no more room: its connections, or those of the role or the database, are used up. */
function isFull(error: unknown): boolean {
  const cause = error instanceof FatalError ? error.cause : error;
  return cause instanceof ServerError && cause.code === "53300";
}
