import type { Greeting, OpenedSession } from "@sallyport/wire";
import type { Loan } from "../upstream/pool/session-pool.ts";

/** What a client is told, and how its session upstream comes about, that is opened when it asks for something. */
export interface Later {
  readonly greetings: readonly Greeting[];
  readonly open: (signal: AbortSignal) => Promise<Loan>;
  /** Wipes what it would be opened with. */
  readonly wipe: () => void;
}

/** The session upstream behind a client: it is there, or will be when the client asks for something (`lazy_upstream`). */
export class Backing {
  #loan: Loan | null;
  #later: Later | null;

  constructor(backing: { readonly loan: Loan } | { readonly later: Later }) {
    this.#loan = "loan" in backing ? backing.loan : null;
    this.#later = "later" in backing ? backing.later : null;
  }

  /** Null: it is not open; as of the next. */
  get loan(): Loan | null {
    return this.#loan;
  }

  get current(): OpenedSession | null {
    return this.#loan?.session ?? null;
  }

  /** What the client is told of it. */
  get greetings(): readonly Greeting[] {
    return this.#loan?.session.greetings ?? this.#later?.greetings ?? [];
  }

  /**
   * The session, opened if it is not.
   *
   * @throws as `openSession` of this room; then it stays closed
   */
  async open(signal: AbortSignal): Promise<Loan> {
    const later = this.#later;
    this.#later = null;
    try {
      if (later) this.#loan = await later.open(signal);
    } finally {
      later?.wipe();
    }
    if (!this.#loan) throw new TypeError("a session that was given back is asked for");
    return this.#loan;
  }

  /** @param atRest it can serve somebody else */
  giveBack(atRest: boolean): void {
    this.#later?.wipe();
    this.#later = null;
    this.#loan?.giveBack(atRest);
    this.#loan = null;
  }
}
