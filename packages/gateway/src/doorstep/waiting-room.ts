/** The right to be read and answered before anybody knows who it is. */
export interface Turn {
  readonly end: () => void;
  /**
   * Does what somebody outside has to answer first, such as a directory or a name server: meanwhile the turn is another
   * stranger's, so that whoever is stuck there holds up nobody here. As many may be aside as there are turns; one more keeps
   * his.
   */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface WaitingRoomLimits {
  /** Strangers who are being talked to at a time. */
  readonly turns: number;
  /** ... of one source. */
  readonly turnsPerSource: number;
  /** Strangers in the house at a time, with those who wait. */
  readonly strangers: number;
}

/** No source has more turns than this, however large the house is. */
const mostPerSource = 64;

/**
 * Half of the slots may be held by those who have not said who they are, and half of that by one source: so that
 * stalled connections, wherever they come from, keep nobody else out for long.
 */
export function waitingRoomLimits(maxConnections: number): WaitingRoomLimits {
  const turns = Math.max(1, Math.floor(maxConnections / 2));
  const turnsPerSource = Math.min(mostPerSource, Math.max(1, Math.floor(turns / 2)));
  return { turns, turnsPerSource, strangers: Math.max(2 * maxConnections, 16) };
}

interface Waiter {
  readonly source: string;
  readonly answer: (turn: Turn | null) => void;
}

interface Source {
  turns: number;
  readonly waiting: Set<Waiter>;
}

/**
 * Where connections wait, unread, until they may be talked to. Sources take turns, each in the order of its arrivals.
 * When the room is full a newcomer is sent away, unless another source takes up more of it: then its last arrival is.
 */
export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  /** The source whose turn it is next stands first. */
  readonly #sources = new Map<string, Source>();
  #turns = 0;
  #waiting = 0;
  #aside = 0;

  constructor(limits: WaitingRoomLimits) {
    this.#limits = limits;
  }

  /** Strangers in the house: those who have a turn, those who have put it aside and those who wait for one. */
  get strangers(): number {
    return this.#turns + this.#aside + this.#waiting;
  }

  /**
   * Waits for a turn. Null: there is no room, or there is none any more.
   *
   * @throws the signal's reason, if it comes first
   */
  async enter(source: string, signal: AbortSignal): Promise<Turn | null> {
    signal.throwIfAborted();
    if (this.strangers >= this.#limits.strangers && !this.#makeRoomFor(source)) return null;
    if (this.#isFree(source)) return this.#turnOf(source);
    const { promise, resolve, reject } = Promise.withResolvers<Turn | null>();
    const waiter: Waiter = { source, answer: resolve };
    const leave = (): void => {
      this.#forget(waiter);
      reject(signal.reason as Error);
    };
    this.#sourceOf(source).waiting.add(waiter);
    this.#waiting += 1;
    signal.addEventListener("abort", leave);
    this.#callNext();
    return await promise.finally(() => signal.removeEventListener("abort", leave));
  }

  /** Nobody waits, and there is a turn. */
  #isFree(name: string): boolean {
    const turns = this.#sources.get(name)?.turns ?? 0;
    return this.#waiting === 0 && this.#turns < this.#limits.turns && turns < this.#limits.turnsPerSource;
  }

  #callNext(): void {
    while (this.#turns < this.#limits.turns) {
      const waiter = this.#next();
      if (waiter === null) return;
      this.#forget(waiter);
      waiter.answer(this.#turnOf(waiter.source));
    }
  }

  /** The first waiter of the first source that has not all its turns. */
  #next(): Waiter | null {
    for (const { turns, waiting } of this.#sources.values()) {
      const [first] = waiting;
      if (first !== undefined && turns < this.#limits.turnsPerSource) return first;
    }
    return null;
  }

  #turnOf(name: string): Turn {
    this.#begin(name);
    let isHeld = true;
    let isOver = false;
    const drop = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#end(name);
    };
    const aside: Turn["aside"] = async (work) => {
      if (!isHeld || this.#aside >= this.#limits.turns) return await work();
      this.#aside += 1;
      drop();
      try {
        return await work();
      } finally {
        this.#aside -= 1;
        // At once, though there may be one too many for a while: nobody who has been heard waits again.
        if (!isOver) {
          isHeld = true;
          this.#begin(name);
        }
      }
    };
    const end = (): void => {
      isOver = true;
      drop();
    };
    return { end, aside };
  }

  #begin(name: string): void {
    const source = this.#sourceOf(name);
    source.turns += 1;
    this.#turns += 1;
    // The others come first now.
    this.#sources.delete(name);
    this.#sources.set(name, source);
  }

  #end(name: string): void {
    const source = this.#sourceOf(name);
    source.turns -= 1;
    this.#turns -= 1;
    this.#dropIfEmpty(name, source);
    this.#callNext();
  }

  /** Sends away the last arrival of the source that has most waiting, if that is more than this one would have. */
  #makeRoomFor(newcomer: string): boolean {
    let [most, size] = ["", (this.#sources.get(newcomer)?.waiting.size ?? 0) + 1];
    for (const [name, { waiting }] of this.#sources)
      if (waiting.size > size) [most, size] = [name, waiting.size];
    const last = [...(this.#sources.get(most)?.waiting ?? [])].at(-1);
    if (last === undefined) return false;
    this.#forget(last);
    last.answer(null);
    return true;
  }

  #forget(waiter: Waiter): void {
    const source = this.#sources.get(waiter.source);
    if (!source?.waiting.delete(waiter)) return;
    this.#waiting -= 1;
    this.#dropIfEmpty(waiter.source, source);
  }

  #sourceOf(name: string): Source {
    const known = this.#sources.get(name);
    if (known) return known;
    const source: Source = { turns: 0, waiting: new Set() };
    this.#sources.set(name, source);
    return source;
  }

  #dropIfEmpty(name: string, { turns, waiting }: Source): void {
    if (turns === 0 && waiting.size === 0) this.#sources.delete(name);
  }
}
