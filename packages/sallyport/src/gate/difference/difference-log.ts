import { Worker } from "node:worker_threads";
import type { Logger } from "@sallyport/gateway";
import { utf8Bytes } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { createPace } from "@sallyport/policy/node";
import { packFrame, packLines } from "./packed-policy.ts";
import type { Compared, ToCompare } from "./thread.ts";

/** Rules and lines of maps, of both policies together: of more it is not said what has changed. */
const mostLines = 20_000;
/** How long the thread may take, and how much room. */
const mostSeconds = 20;
const mostMegabytes = 512;
/** In milliseconds: so long sessions may have to wait for what is sent to the thread. */
const slice = 0.25;

/**
 * Says in the log of a gate what a reload changes, for whom and by which lines. It is worked out behind the reload, from the
 * policies in memory, in a thread of its own. If another reload comes meanwhile, what has changed since is told next.
 */
export class DifferenceLog {
  readonly #log: Pick<Logger, "log">;
  readonly #stop: AbortController = new AbortController();
  /** What has been told leads up to this one. */
  #told: Policy;
  #latest: Policy;
  #working: Promise<void> | null = null;

  constructor(policy: Policy, log: Pick<Logger, "log">) {
    this.#told = policy;
    this.#latest = policy;
    this.#log = log;
  }

  /** Another policy decides now. */
  changed(policy: Policy): void {
    this.#latest = policy;
    if (policy !== this.#told) this.#working ??= this.#tellAll();
  }

  /** It says nothing any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  async #tellAll(): Promise<void> {
    while (this.#told !== this.#latest && !this.#stop.signal.aborted) {
      const [old, now] = [this.#told, this.#latest];
      this.#told = now;
      const lines = await this.#compare(old, now).catch((error: unknown) => [notTold(String(error))]);
      if (this.#stop.signal.aborted) break;
      for (const line of lines) this.#log.log("LOG", line);
    }
    this.#working = null;
  }

  async #compare(old: Policy, now: Policy): Promise<Compared> {
    const lines = [old, now].reduce((sum, { rules, mappings }) => sum + rules.length + mappings.length, 0);
    if (lines > mostLines) return [notTold(`the files have more than ${mostLines} lines, old and new`)];
    const worker = start();
    const patience = AbortSignal.timeout(mostSeconds * 1000);
    try {
      return await compareIn(worker, { old, now }, AbortSignal.any([this.#stop.signal, patience]));
    } catch (error) {
      if (patience.aborted) return [notTold(`it takes longer than ${mostSeconds} seconds`)];
      throw error;
    } finally {
      await worker.terminate();
    }
  }
}

async function compareIn(
  worker: Worker,
  { old, now }: { readonly old: Policy; readonly now: Policy },
  signal: AbortSignal,
): Promise<Compared> {
  const { promise, resolve, reject } = Promise.withResolvers<Compared>();
  promise.catch(() => undefined); // it may fail while lines are still being sent
  worker.once("message", resolve).once("error", reject);
  worker.once("exit", () => reject(new Error("the thread that compares has ended")));
  signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  const send = (told: ToCompare): void => worker.postMessage(told, []);
  await createPace({ slice })(sendLines({ old, now }, send, signal));
  send({ old: packFrame(old), new: packFrame(now) });
  return await promise;
}

function* sendLines(
  { old, now }: { readonly old: Policy; readonly now: Policy },
  send: (told: ToCompare) => void,
  signal: AbortSignal,
): Generator<undefined, void, undefined> {
  for (const [side, policy] of [
    ["old", old],
    ["new", now],
  ] as const) {
    for (const lines of packLines(policy)) {
      if (signal.aborted) return;
      send({ side, lines });
      yield;
    }
  }
}

function start(): Worker {
  // Sources run as they are, and so does what is built of them.
  const file = import.meta.url.endsWith(".ts")
    ? new URL("./thread.ts", import.meta.url)
    : new URL("./thread.js", import.meta.url);
  const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: mostMegabytes } });
  worker.unref();
  return worker;
}

function notTold(why: string): string {
  return utf8Bytes(`difference: not told, since ${why}; "sallyport diff" compares files of any size`);
}
