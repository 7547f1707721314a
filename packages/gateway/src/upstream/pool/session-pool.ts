import { Client, FatalError, ServerError } from "@sallyport/wire";
import type { Greeting, OpenedSession, ParameterStatus } from "@sallyport/wire";
import type { Settings } from "../../config/index.ts";
import { reasonOf } from "../../log/index.ts";
import type { Log } from "../../log/index.ts";
import { IdleSessions } from "./idle-sessions.ts";
import type { Whose } from "./idle-sessions.ts";
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
  readonly #settings: () => Settings;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #places: Places = new Places();
  readonly #idle: IdleSessions;
  /** All that are open and may serve again, by their key. */
  readonly #living = new Map<string, Set<PooledSession>>();
  #inUse = 0;
  readonly #inUseOf = new Map<string, number>();
  /** What is being made as new, or closed. */
  readonly #leaving = new Set<Promise<void>>();
  #opened = 0;
  #reused = 0;
  #spoilt = 0;
  #closed = false;

  constructor(settings: () => Settings, log: Log, now: () => number = () => performance.now()) {
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
   * @throws as `open` and `wish.likeness`
   */
  async borrow(wish: PoolWish, open: () => Promise<OpenedSession>, signal: AbortSignal): Promise<Loan> {
    const place = await this.#take(groupOf(wish), signal);
    try {
      const likeness = await wish.likeness("lately");
      const session = likeness && this.#idle.take(likeness);
      if (session) {
        this.#reused += 1;
        return this.#lend(session.session, session, place);
      }
      const opened = await this.#open(wish, open);
      this.#opened += 1;
      return this.#lend(opened, await this.#adopt(opened, wish, likeness), place);
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  /** For good: idle sessions are closed, and whatever comes back, too. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle.close();
    await Promise.all(this.#leaving);
  }

  /** One that nobody uses makes room for it: here, or at the server, which may have no more room for the role or the database. */
  async #open(wish: PoolWish, open: () => Promise<OpenedSession>): Promise<OpenedSession> {
    const { user, database, unjudged } = wish;
    const { pool_size, pool_size_per_role, max_connections } = this.#settings();
    const ofGroup = (this.#inUseOf.get(groupOf(wish)) ?? 0) + this.#idle.sizeOf(user, database);
    if (pool_size_per_role > 0 && ofGroup > pool_size_per_role)
      await this.#idle.evict(user, database, "same");
    // Never more than there would be without a pool.
    const most = pool_size > 0 ? pool_size : max_connections;
    if (this.#inUse + this.#idle.size > most) await this.#idle.evict(user, database, "any");
    for (let tries = 0; ; tries += 1) {
      try {
        return await open();
      } catch (error) {
        const whose = roomNeededOf(error);
        const mayTryAgain = whose !== null && !unjudged && tries < mostTries;
        if (!mayTryAgain || !(await this.#idle.evict(user, database, whose))) throw error;
      }
    }
  }

  /** Null: it serves nobody else. */
  async #adopt(
    opened: OpenedSession,
    wish: PoolWish,
    likeness: Likeness | null,
  ): Promise<PooledSession | null> {
    // A notice may have been about that moment.
    if (likeness === null || opened.greetings.some(({ kind }) => kind === "notice")) return null;
    // What has been changed since the catalogue was asked the session may have, and may not.
    const now = await wish.likeness("now").catch(() => null);
    if (now?.fingerprint !== likeness.fingerprint) return null;
    const session = new PooledSession(opened, wish, likeness, this.#now());
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
          this.#leaves(this.#retire(pooled), place);
          return;
        }
        if (pooled !== null) this.#forget(pooled);
        this.#leaves(new Client(session).close(), place);
      },
    };
  }

  #mayServe({ bornAt }: PooledSession): boolean {
    const { pool_max_age } = this.#settings();
    return !this.#closed && (pool_max_age === 0 || this.#now() - bornAt < pool_max_age * 1000);
  }

  async #retire(pooled: PooledSession): Promise<void> {
    try {
      const isAsNew = await pooled.retire(this.#now, () => this.#idle.gone(pooled));
      if (!isAsNew) this.#forget(pooled);
      else if (this.#closed) await pooled.close();
      else this.#idle.add(pooled);
    } catch (error) {
      this.#spoilt += 1;
      this.#forget(pooled);
      this.#log.log("LOG", `could not reset a session upstream, which is closed: ${reasonOf(error)}`);
    }
  }

  /** Its place is free when it is at rest or closed. */
  #leaves(end: Promise<void>, place: Place): void {
    const leaving = end.finally(() => {
      this.#leaving.delete(leaving);
      place.leave();
    });
    this.#leaving.add(leaving);
  }

  /** A place, which counts as used until it is left. */
  async #take(group: string, signal: AbortSignal): Promise<Place> {
    const place = await this.#places.take(group, this.#settings(), signal);
    this.#count(group, 1);
    const leave = (): void => {
      this.#count(group, -1);
      place.leave();
    };
    return { leave };
  }

  #count(group: string, more: 1 | -1): void {
    this.#inUse += more;
    const ofGroup = (this.#inUseOf.get(group) ?? 0) + more;
    if (ofGroup === 0) this.#inUseOf.delete(group);
    else this.#inUseOf.set(group, ofGroup);
  }

  #forget(session: PooledSession): void {
    const alike = this.#living.get(session.likeness.key);
    alike?.delete(session);
    if (alike?.size === 0) this.#living.delete(session.likeness.key);
  }
}

/** Role and database, by which sessions are counted. */
function groupOf({ user, database }: PoolWish): string {
  return `${user}\0${database}`;
}

/** Sessions that are closed for one that the server has no room for. */
const mostTries = 3;

/** The server has no more room, and whose sessions could make some. Null: it is something else. */
function roomNeededOf(error: unknown): Whose | null {
  const cause = error instanceof FatalError ? error.cause : error;
  if (!(cause instanceof ServerError && cause.code === "53300")) return null;
  return cause.message.startsWith("too many connections for ") ? "related" : "any";
}
