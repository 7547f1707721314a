import { encodeFatalError, encodeNoticeResponse, FatalError } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import { farewell, hangUp } from "../relay/farewell.ts";
import { Relay } from "../relay/relay.ts";
import type { RelayEnd } from "../relay/relay.ts";
import type { CancelKeys } from "../upstream/cancel-keys.ts";
import type { Loan } from "../upstream/pool/session-pool.ts";
import { atTime } from "./at-time.ts";
import { firstWords } from "./first-words.ts";
import { openNow } from "./open-later.ts";
import { logFatal } from "./refusal.ts";
import type { StopMode } from "./stopping.ts";
import type { Visit } from "./visit.ts";
import type { Guest } from "./guest.ts";

const adminShutdown = "57P01";

/** What a server says whose postmaster has vanished: of a gateway that is its upstream. */
const lost = new FatalError(adminShutdown, "terminating connection due to unexpected postmaster exit");
const ended = new FatalError(adminShutdown, "terminating connection due to administrator command");

/** Of the same class as its refusal would be, if it came now: a client knows by it that it needs another token. */
const expired = new FatalError("28000", "terminating connection because the OAuth token has expired");

/** A notice, since there may be no time to take note of an error. */
const endedAtOnce = encodeNoticeResponse([
  { type: "S", value: "WARNING" },
  { type: "V", value: "WARNING" },
  { type: "C", value: adminShutdown },
  { type: "M", value: "terminating connection due to immediate shutdown command" },
]);

export interface StaySurroundings {
  readonly settings: Settings;
  readonly cancelKeys: CancelKeys;
  readonly clock: () => Date;
}

/** The session of a client that is in, until either side is done. */
export class Stay {
  readonly #guest: Guest;
  readonly #visit: Visit;
  readonly #house: StaySurroundings;
  /** Null: nothing is relayed yet. */
  #relay: Relay | null = null;
  #isOver = false;
  /** Those who wait until it is over. */
  #waiting: (() => void)[] = [];
  /** The client is told that it is over. */
  #isEnding = false;
  /** Ends the opening of a session that is needed no more; null: none is being opened. */
  #opening: AbortController | null = null;

  constructor(guest: Guest, visit: Visit, house: StaySurroundings) {
    this.#guest = guest;
    this.#visit = visit;
    this.#house = house;
  }

  /** Resolves when it is over, with how it ended; then the key to cancel it is worth nothing. */
  async last(): Promise<RelayEnd> {
    const { client, backing, early, revokeKey, expires } = this.#guest;
    const expiry = expires && atTime(expires, this.#house.clock, () => void this.#expire());
    let atRest = false;
    try {
      // Whoever asks for nothing needs no session.
      const words = backing.loan ? early : await firstWords(client, early);
      const end = await this.#pass(words);
      this.#logLoss(end);
      atRest = end.by === "parting" && end.kept;
      return end;
    } finally {
      expiry?.cancel();
      revokeKey?.();
      backing.giveBack(atRest && !this.#mayBeCancelled());
      this.#isOver = true;
      for (const go of this.#waiting) go();
    }
  }

  /** Tells the client, stops what the upstream does for it, and resolves when both are left. */
  async end(mode: StopMode): Promise<void> {
    if (mode === "immediate") await this.#end(endedAtOnce, null);
    else await this.#end(encodeFatalError(ended), ended);
  }

  /** The same for a client whose token has expired. */
  async #expire(): Promise<void> {
    await this.#end(encodeFatalError(expired), expired);
  }

  /** @param words what the client has asked for by now; null: it has left */
  async #pass(words: Buffer | null): Promise<RelayEnd> {
    const { client, backing } = this.#guest;
    const loan = words === null ? null : (backing.loan ?? (await this.#open()));
    // Whoever was told that it is over has nothing to say any more.
    if (this.#isEnding) return { by: "us" };
    if (words === null) hangUp(client);
    if (words === null || loan === null) return { by: "parting", kept: false };
    this.#relay = new Relay(client, loan.session.stream, {
      lossWord: encodeFatalError(lost),
      keepUpstream: loan.mayServeAgain,
      onReport: loan.report,
    });
    this.#relay.start(words, loan.session.rest);
    return await this.#relay.ended;
  }

  async #open(): Promise<Loan | null> {
    if (this.#isEnding) return null;
    this.#opening = new AbortController();
    const within = this.#house.settings.authentication_timeout * 1000;
    return await openNow(this.#guest, this.#visit, within, this.#opening.signal);
  }

  /** Somebody has asked for it, and the upstream may still do it: to whoever has the session by then. */
  #mayBeCancelled(): boolean {
    const { current } = this.#guest.backing;
    return current !== null && this.#house.cancelKeys.mayMeet(current);
  }

  async #end(word: Buffer, logged: FatalError | null): Promise<void> {
    const { log } = this.#visit;
    const { client, backing } = this.#guest;
    const { cancelKeys } = this.#house;
    const relay = this.#relay;
    const wasBusy = relay?.busy === true;
    this.#isEnding = true;
    this.#opening?.abort();
    const isFirst = relay ? relay.terminate(word) : !client.writableEnded;
    if (isFirst && logged !== null) logFatal(log, logged);
    if (relay === null && isFirst) await farewell(client, word);
    const { current } = backing;
    if (isFirst && wasBusy && current) await cancelKeys.cancel(current, current.server, log);
    if (!this.#isOver) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  #logLoss(end: RelayEnd): void {
    if (end.by !== "loss") return;
    const { code, message } = lost;
    logFatal(this.#visit.log, new FatalError(code, message, { logDetail: end.reason }));
  }
}
