import { encodeFatalError, encodeNoticeResponse, FatalError } from "@sallyport/wire";
import { farewell } from "../relay/farewell.ts";
import { Relay } from "../relay/relay.ts";
import type { RelayEnd } from "../relay/relay.ts";
import type { CancelKeys } from "../upstream/cancel-keys.ts";
import { openWhenAsked } from "./open-later.ts";
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

export interface StayOptions {
  readonly cancelKeys: CancelKeys;
  /** Milliseconds for a session upstream that is opened when it is needed. */
  readonly openWithin: number;
}

/** The session of a client that is in, until either side is done. */
export class Stay {
  readonly #guest: Guest;
  readonly #visit: Visit;
  readonly #options: StayOptions;
  /** Null: nothing is relayed yet. */
  #relay: Relay | null = null;
  readonly #over: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Ends the opening of a session that is needed no more. */
  readonly #ending: AbortController = new AbortController();

  constructor(guest: Guest, visit: Visit, options: StayOptions) {
    this.#guest = guest;
    this.#visit = visit;
    this.#options = options;
  }

  /** Resolves when it is over, with how it ended; then the key to cancel it is worth nothing. */
  async last(): Promise<RelayEnd> {
    const { backing, issued } = this.#guest;
    let atRest = false;
    try {
      const end = await this.#pass();
      this.#logLoss(end);
      atRest = end.by === "parting" && end.kept;
      return end;
    } finally {
      issued?.revoke();
      backing.giveBack(atRest && !this.#mayBeCancelled());
      this.#over.resolve();
    }
  }

  /** Tells the client, stops what the upstream does for it, and resolves when both are left. */
  async end(mode: StopMode): Promise<void> {
    if (mode === "immediate") await this.#end(endedAtOnce, null);
    else await this.#end(encodeFatalError(ended), ended);
  }

  /** The same for a client whose token has expired. */
  async expire(): Promise<void> {
    await this.#end(encodeFatalError(expired), expired);
  }

  async #pass(): Promise<RelayEnd> {
    const { client, backing, early } = this.#guest;
    const { openWithin } = this.#options;
    const { signal } = this.#ending;
    const opened = backing.loan
      ? { loan: backing.loan, words: early }
      : await openWhenAsked(this.#guest, this.#visit, openWithin, signal);
    // Whoever was told that it is over has nothing to say any more.
    if (signal.aborted) return { by: "us" };
    if (opened === null) return { by: "parting", kept: false };
    const { loan, words } = opened;
    this.#relay = new Relay(client, loan.session.stream, {
      lossWord: encodeFatalError(lost),
      keepUpstream: loan.mayServeAgain,
      onReport: loan.report,
    });
    this.#relay.start(words, loan.session.rest);
    return await this.#relay.ended;
  }

  /** Somebody has asked for it, and the upstream may still do it: to whoever has the session by then. */
  #mayBeCancelled(): boolean {
    const { current } = this.#guest.backing;
    return current !== null && this.#options.cancelKeys.mayMeet(current);
  }

  async #end(word: Buffer, logged: FatalError | null): Promise<void> {
    const { log } = this.#visit;
    const { client, backing } = this.#guest;
    const { cancelKeys } = this.#options;
    const relay = this.#relay;
    const wasBusy = relay?.busy === true;
    this.#ending.abort();
    const isFirst = relay ? relay.terminate(word) : !client.writableEnded;
    if (isFirst && logged !== null) logFatal(log, logged);
    if (relay === null && isFirst) await farewell(client, word);
    const { current } = backing;
    if (isFirst && wasBusy && current) await cancelKeys.cancel(current, current.server, log);
    await this.#over.promise;
  }

  #logLoss(end: RelayEnd): void {
    if (end.by !== "loss") return;
    const { code, message } = lost;
    logFatal(this.#visit.log, new FatalError(code, message, { logDetail: end.reason }));
  }
}
