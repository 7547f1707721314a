import { randomBytes, timingSafeEqual } from "node:crypto";
import { sendCancel, startDeadline, Turnstile } from "@sallyport/wire";
import type { BackendKey, OpenedSession, ProtocolVersion } from "@sallyport/wire";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { SourceLimit } from "./source-limit.ts";

/** What a session of the upstream is cancelled by. */
export type Cancellable = Pick<OpenedSession, "backendKey" | "target">;

/** What became of a cancel request; `ignored`: its source has been wrong too often. */
export type CancelOutcome = "sent" | "failed" | "unknown_process" | "wrong_key" | "ignored";

/** A key that a client has, and takes back when its session ends. */
export interface IssuedKey {
  readonly key: BackendKey;
  readonly revoke: () => void;
}

interface Entry {
  readonly secretKey: Buffer;
  readonly session: Cancellable;
}

/** Cancels that are on their way to the upstream at a time; the others wait. */
const mostAtOnce = 32;

/** Milliseconds for the upstream to take a cancel. */
const takenWithin = 10_000;

/** A source may be wrong so often at once, and so many times a second. */
const wrongAtOnce = 64;
const wrongPerSecond = 4;

/**
 * The keys by which clients cancel (manual, 54.2.7). Each is of our own making and stands for one session of the upstream,
 * whose own key no client ever sees; it is forgotten when that session ends. The process id is that of the upstream's
 * backend, as `pg_backend_pid()` shows it: the secret alone decides, since two servers may give the same id.
 */
export class CancelKeys {
  readonly #entries = new Map<number, Set<Entry>>();
  readonly #turns = new Turnstile(mostAtOnce);
  readonly #wrong: SourceLimit;
  readonly #closing = new AbortController();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#wrong = new SourceLimit(wrongAtOnce, wrongPerSecond);
  }

  /** Ends what is still on its way. */
  close(): void {
    this.#closing.abort();
  }

  /** Null if the upstream gave no key: then there is nothing to cancel by. */
  issue(session: Cancellable, protocol: ProtocolVersion): IssuedKey | null {
    if (session.backendKey === null) return null;
    const { processId } = session.backendKey;
    const { secretKey } = freshKey(session.backendKey, protocol);
    const entry = { secretKey, session };
    const entries = this.#entries.get(processId) ?? new Set();
    this.#entries.set(processId, entries.add(entry));
    const revoke = (): void => {
      entries.delete(entry);
      if (entries.size === 0 && this.#entries.get(processId) === entries) this.#entries.delete(processId);
    };
    return { key: { processId, secretKey }, revoke };
  }

  /**
   * Carries out what somebody asks who has not said who he is, and may have left already. He is told nothing, whatever
   * comes of it; resolves when the upstream has taken it, so that it cannot meet a query that is sent later.
   *
   * @param source whom limits count it to
   */
  async request({ processId, secretKey }: BackendKey, source: string, log: Log): Promise<CancelOutcome> {
    if (!this.#wrong.allows(source, this.#now())) return "ignored";
    const entries = this.#entries.get(processId);
    const entry = [...(entries ?? [])].find((one) => isEqual(one.secretKey, secretKey));
    if (entry !== undefined) {
      log.log("DEBUG2", `processing cancel request: sending SIGINT to process ${processId}`);
      return (await this.cancel(entry.session, source, log)) ? "sent" : "failed";
    }
    if (this.#wrong.take(source, this.#now()) === "last")
      log.log(
        "WARNING",
        "too many wrong cancel requests: those of this source are not looked at for a while",
      );
    else if (entries === undefined)
      log.log("LOG", `PID ${processId} in cancel request did not match any process`);
    else log.log("LOG", `wrong key in cancel request for process ${processId}`);
    return entries === undefined ? "unknown_process" : "wrong_key";
  }

  /** Cancels what a session of the upstream does. Failure is logged and is nobody's concern. True: it was taken. */
  async cancel({ backendKey, target }: Cancellable, source: string, log: Log): Promise<boolean> {
    if (backendKey === null) return false;
    const deadline = startDeadline(takenWithin, "cancel request", this.#closing.signal);
    try {
      const send = async (): Promise<void> => await sendCancel(target, backendKey, deadline.signal);
      await this.#turns.run(send, deadline.signal, source);
      return true;
    } catch (error) {
      const what = `could not pass on a cancel request for process ${backendKey.processId}`;
      log.log("LOG", `${what}: ${reasonOf(error)}`);
      return false;
    } finally {
      deadline.clear();
    }
  }
}

/** A key in place of the upstream's own: as long as a server of that protocol has it, and worth nothing by itself. */
export function freshKey({ processId }: BackendKey, { minor }: ProtocolVersion): BackendKey {
  return { processId, secretKey: randomBytes(minor >= 2 ? 32 : 4) };
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
