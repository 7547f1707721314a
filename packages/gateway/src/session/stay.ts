import { encodeFatalError, encodeNoticeResponse, FatalError } from "@sallyport/wire";
import { Relay } from "../relay/relay.ts";
import type { RelayEnd } from "../relay/relay.ts";
import type { CancelKeys } from "../upstream/cancel-keys.ts";
import type { StopMode } from "./stopping.ts";
import { logFatal } from "./refusal.ts";
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

/** The session of a client that is in, until either side is done. */
export class Stay {
  readonly #guest: Guest;
  readonly #visit: Visit;
  readonly #relay: Relay;

  constructor(guest: Guest, visit: Visit) {
    const { client } = guest;
    this.#guest = guest;
    this.#visit = visit;
    this.#relay = new Relay(client, guest.upstream.stream, { lossWord: encodeFatalError(lost) });
  }

  /** Resolves when it is over, with how it ended; then the key to cancel it is worth nothing. */
  async last(): Promise<RelayEnd> {
    const { early, upstream, issued } = this.#guest;
    this.#relay.start(early, upstream.rest);
    const end = await this.#relay.ended;
    issued?.revoke();
    this.#logLoss(end);
    return end;
  }

  /** Tells the client, stops what the upstream does for it, and resolves when both are left. */
  async end(mode: StopMode, cancelKeys: CancelKeys): Promise<void> {
    if (mode === "immediate") await this.#end(endedAtOnce, null, cancelKeys);
    else await this.#end(encodeFatalError(ended), ended, cancelKeys);
  }

  /** The same for a client whose token has expired. */
  async expire(cancelKeys: CancelKeys): Promise<void> {
    await this.#end(encodeFatalError(expired), expired, cancelKeys);
  }

  async #end(word: Buffer, logged: FatalError | null, cancelKeys: CancelKeys): Promise<void> {
    const { log } = this.#visit;
    const { upstream } = this.#guest;
    const { busy } = this.#relay;
    const terminated = this.#relay.terminate(word);
    if (terminated && logged !== null) logFatal(log, logged);
    if (terminated && busy) await cancelKeys.cancel(upstream, upstream.server, log);
    await this.#relay.ended;
  }

  #logLoss(end: RelayEnd): void {
    if (end.by !== "loss") return;
    const { code, message } = lost;
    logFatal(this.#visit.log, new FatalError(code, message, { logDetail: end.reason }));
  }
}
