import { setImmediate } from "node:timers/promises";
import type { Bytes } from "@sallyport/policy";
import { Turnstile } from "@sallyport/wire";
import type { PamEvent, PamLogin, PamVerdict } from "./messages.ts";
import { PamProcess } from "./pam-process.ts";
import { PamProcessEnded } from "./pam-process-ended.ts";
import { couldNotStart } from "./spawn-child.ts";

/** The client of a login, while modules judge it. */
export interface PamClient {
  /** Asks for the password. Null: there will be none, as when the signal has aborted. Never rejects. */
  readonly password: () => Promise<Bytes | null>;
  /** What modules say besides. */
  readonly hear: (event: Exclude<PamEvent, PamVerdict | { kind: "ask" }>) => void;
  /** Nobody waits for the verdict any more. */
  readonly signal: AbortSignal;
}

export interface PamPoolLimits {
  /** Processes that wait for a login. */
  readonly idle: number;
  /** Milliseconds for which one waits. */
  readonly idleFor: number;
  /** Logins that one judges: modules may leak. */
  readonly logins: number;
  /** Milliseconds for modules to come to an end when nobody waits for them any more. */
  readonly patience: number;
}

export const pamPoolLimits: PamPoolLimits = { idle: 4, idleFor: 60_000, logins: 100, patience: 10_000 };

/** The processes in which modules of PAM run. There are as many as there are logins at a time, and a few that wait. */
export class PamPool {
  readonly #limits: PamPoolLimits;
  readonly #all = new Set<PamProcess>();
  /** The one that has waited longest stands first. */
  readonly #idle = new Map<PamProcess, NodeJS.Timeout>();
  readonly #starting: Turnstile = new Turnstile(1);
  #isClosed = false;

  constructor(limits: PamPoolLimits = pamPoolLimits) {
    this.#limits = limits;
  }

  /** Their process ids. */
  get pids(): readonly number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Has PAM judge a login, for as long as the modules take. When the client's signal aborts they are told that there is no
   * password, should they ask; a module that is at work is left to it for a while, so that leaving early keeps nobody's
   * failure from being counted, and then its process is killed.
   *
   * @throws {PamProcessEnded} the modules, or that kill, ended the process
   */
  async judge(login: PamLogin, client: PamClient): Promise<PamVerdict> {
    const { signal } = client;
    const process = await this.#take();
    let killing: NodeJS.Timeout | undefined;
    const loseInterest = (): void => {
      killing = setTimeout(() => process.kill(endless), this.#limits.patience);
    };
    signal.addEventListener("abort", loseInterest, { once: true });
    if (signal.aborted) loseInterest();
    try {
      process.begin(login);
      const verdict = await this.#hearOut(process, client);
      this.#putBack(process);
      return verdict;
    } catch (error) {
      process.kill("was killed in the middle of a login");
      throw error;
    } finally {
      signal.removeEventListener("abort", loseInterest);
      clearTimeout(killing);
    }
  }

  /** Ends all of them, whatever they do, and resolves when none is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    const all = [...this.#all];
    for (const process of all) process.kill("was killed: the gateway ends");
    await Promise.all(all.map(async ({ ended }) => await ended));
  }

  async #hearOut(process: PamProcess, { password, hear }: PamClient): Promise<PamVerdict> {
    for (;;) {
      const event = await process.next();
      switch (event.kind) {
        case "ask":
          // Where it is not wanted any more, the client need not be waited for either.
          process.answer(await Promise.race([password(), process.ended.then(() => null)]));
          break;
        case "error_message":
        case "unsupported":
          hear(event);
          break;
        default:
          return event;
      }
    }
  }

  /** Processes are started one by one: each keeps the event loop for as long as fork(2) takes. */
  async #take(): Promise<PamProcess> {
    return this.#waiting() ?? (await this.#starting.run(async () => await this.#start()));
  }

  async #start(): Promise<PamProcess> {
    const waiting = this.#waiting();
    if (waiting !== null) return waiting;
    const process = started();
    this.#all.add(process);
    void this.#seeOff(process);
    await setImmediate();
    return process;
  }

  /** @throws {PamProcessEnded} */
  #waiting(): PamProcess | null {
    if (this.#isClosed) throw new PamProcessEnded("is not needed any more");
    // The one that came last: so that those before it may end.
    const waiting = [...this.#idle.keys()].findLast(({ isRunning }) => isRunning);
    if (waiting !== undefined) {
      clearTimeout(this.#idle.get(waiting));
      this.#idle.delete(waiting);
    }
    return waiting ?? null;
  }

  async #seeOff(process: PamProcess): Promise<void> {
    await process.ended;
    this.#all.delete(process);
    clearTimeout(this.#idle.get(process));
    this.#idle.delete(process);
  }

  #putBack(process: PamProcess): void {
    const { idle, idleFor, logins } = this.#limits;
    if (!process.isRunning) return;
    if (this.#isClosed || process.logins >= logins || this.#idle.size >= idle) {
      this.#dismiss(process);
      return;
    }
    const timer = setTimeout(() => {
      this.#idle.delete(process);
      this.#dismiss(process);
    }, idleFor);
    timer.unref();
    this.#idle.set(process, timer);
  }

  /** It should end by itself; a module may have left a thread in it that does not. */
  #dismiss(process: PamProcess): void {
    process.dismiss();
    const killing = setTimeout(() => process.kill(endless), this.#limits.patience);
    killing.unref();
    void process.ended.then(() => clearTimeout(killing));
  }
}

const endless = "did not come to an end, and was killed";

function started(): PamProcess {
  try {
    return new PamProcess();
  } catch (error) {
    throw new PamProcessEnded(couldNotStart(error));
  }
}
