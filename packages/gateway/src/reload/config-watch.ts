import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bytes } from "@sallyport/policy";
import { systemError } from "@sallyport/policy/node";
import { orAborted } from "@sallyport/wire";

export interface ConfigWatchOptions {
  /** The files and directories that count now: all that was read, by their full names. */
  readonly paths: () => Iterable<Bytes>;
  /** Reads them anew; afterwards `paths` may name others. */
  readonly changed: () => Promise<unknown>;
  /** Milliseconds between two looks; default: a second. */
  readonly interval?: number;
}

/** What is looked at of a file: another one in its place differs in it, and so does every change of its content. */
type Look = string;

/** A look that no file gives. */
const unseen: Look = "";

/** No more than this part of the time goes into looking, however many files there are. */
const share = 1 / 10;

/**
 * Reloads when a file changes (`config_watch`). It looks at them again and again, behind links: so it does not matter
 * whether a file is written in place, replaced by another, or reached by the `..data` link that Kubernetes turns; nor on
 * what kind of file system it lies. What changes is left alone until two looks in a row are equal.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #watching: { readonly controller: AbortController; readonly ended: Promise<void> } | null = null;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
  }

  /** @param since when what counts now began to be read: what has changed from then on has not been seen */
  start(since: Date): void {
    if (this.#watching) return;
    const controller = new AbortController();
    this.#watching = { controller, ended: this.#watch(since.getTime(), controller.signal) };
  }

  /** Resolves when nobody looks any more; a reading that has begun goes on. */
  async stop(): Promise<void> {
    const watching = this.#watching;
    this.#watching = null;
    watching?.controller.abort();
    await watching?.ended;
  }

  async #watch(since: number, signal: AbortSignal): Promise<void> {
    const { paths, changed, interval = 1000 } = this.#options;
    let known = await looks(paths(), new Map(), since);
    let before = known;
    while (!signal.aborted) {
      const began = performance.now();
      const now = await looks(paths(), known, Infinity);
      const looking = performance.now() - began;
      const settled = isEqual(now, before);
      before = now;
      if (settled && !isEqual(now, known)) {
        const reading = Date.now();
        // Nobody who stops the watch waits for what it has begun.
        await orAborted(changed(), signal).catch(() => undefined);
        before = await looks(paths(), now, reading);
        // What changed while it was read is not known: the look from before counts.
        known = new Map([...before].map(([path, look]) => [path, now.get(path) ?? look]));
      }
      const pause = Math.max(interval, looking / share);
      await sleep(pause, null, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/**
 * Looks at all of them. One that is new to us counts as unseen if it has changed since then: nobody knows whether before
 * or after it was read.
 *
 * @param since milliseconds of the epoch
 */
async function looks(
  paths: Iterable<Bytes>,
  known: ReadonlyMap<Bytes, Look>,
  since: number,
): Promise<Map<Bytes, Look>> {
  const seen = new Map<Bytes, Look>();
  for (const path of paths) {
    const look = await lookAt(path);
    const fresh = known.get(path) === undefined && look.changedAt >= since - slack;
    seen.set(path, fresh ? unseen : look.shown);
  }
  return seen;
}

/** Milliseconds: file systems stamp changes with a clock that is a little behind. */
const slack = 20;

async function lookAt(path: Bytes): Promise<{ readonly shown: Look; readonly changedAt: number }> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(Buffer.from(path, "latin1"), { bigint: true });
    return { shown: [dev, ino, size, mtimeNs, ctimeNs].join(" "), changedAt: Number(ctimeNs / 1_000_000n) };
  } catch (error) {
    return { shown: systemError(error).code, changedAt: 0 };
  }
}

function isEqual(a: ReadonlyMap<Bytes, Look>, b: ReadonlyMap<Bytes, Look>): boolean {
  return a.size === b.size && [...a].every(([path, look]) => b.get(path) === look);
}
