import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Bytes } from "@sallyport/policy";
import { encodeFrame, FrameCutter } from "./frames.ts";
import { decodeJson, encodeJson, frameKinds } from "./messages.ts";
import type { PamEvent, PamLogin } from "./messages.ts";
import { PamProcessEnded } from "./pam-process-ended.ts";
import { parseEvent } from "./parse-event.ts";
import { couldNotStart, endWords, spawnChild } from "./spawn-child.ts";

/** Milliseconds for what a process that has ended said last. */
const lastWords = 1000;

/** One child process, in which the modules of PAM judge one login at a time. */
export class PamProcess {
  /** Resolves when it has, with how. */
  readonly ended: Promise<Bytes>;
  readonly #child: ChildProcess;
  /** Null: it could not be started. */
  readonly #socket: Duplex | null;
  readonly #cutter: FrameCutter = new FrameCutter();
  readonly #events: PamEvent[] = [];
  #logins = 0;
  #isJudging = false;
  #heard: PromiseWithResolvers<void> = Promise.withResolvers();
  #killed: Bytes | null = null;
  #how: Bytes | null = null;

  /** @throws {Error} it cannot be started; what shows later comes by `ended` */
  constructor(start: () => ChildProcess = spawnChild) {
    this.#child = start();
    this.#child.on("error", () => undefined); // of the first one `ended` tells
    this.ended = this.#end();
    // Without descriptors there are no streams either.
    const { stdio } = this.#child as { readonly stdio?: ChildProcess["stdio"] };
    this.#socket = (stdio?.[3] ?? null) as Duplex | null;
    this.#socket?.on("error", () => undefined); // the end of the process tells more
    this.#socket?.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It may be given a login. */
  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#child;
    return this.#how === null && this.#killed === null && exitCode === null && signalCode === null;
  }

  /** That it was given. */
  get logins(): number {
    return this.#logins;
  }

  begin(login: PamLogin): void {
    this.#logins += 1;
    this.#isJudging = true;
    this.#send(frameKinds.login, encodeJson({ ...login, number: this.#logins }));
  }

  /** @param password null: there is none */
  answer(password: Bytes | null): void {
    if (password === null) this.#send(frameKinds.noPassword, Buffer.alloc(0));
    else this.#send(frameKinds.password, Buffer.from(`${password}\0`, "latin1"));
  }

  /**
   * What it tells next. It may take its time: whoever is tired of it kills it.
   *
   * @throws {PamProcessEnded}
   */
  async next(): Promise<PamEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#how !== null) throw new PamProcessEnded(this.#how);
      await this.#heard.promise;
    }
  }

  /** It ends when it sees that nothing more will come. */
  dismiss(): void {
    this.#socket?.end();
  }

  /** @param why continues `PAM process ...` */
  kill(why: Bytes): void {
    this.#killed ??= why;
    this.#child.kill("SIGKILL");
  }

  #send(kind: string, body: Buffer): void {
    const frame = encodeFrame(kind, body);
    body.fill(0);
    this.#socket?.write(frame, () => frame.fill(0));
  }

  #read(chunk: Buffer): void {
    if (this.#killed !== null) return; // nothing counts any more
    try {
      for (const { body } of this.#cutter.cut(chunk)) {
        const event = parseEvent(decodeJson(body), this.#isJudging ? this.#logins : null);
        this.#isJudging = !isVerdict(event);
        this.#events.push(event);
      }
    } catch {
      // Whatever it is now, it is no judge.
      this.kill("told what nobody asked for, and was killed");
    }
    this.#wake();
  }

  async #end(): Promise<Bytes> {
    const how = await endOf(this.#child);
    if (this.#socket?.closed === false) {
      // A process that a module has forked may keep the other end open.
      await Promise.race([once(this.#socket, "close"), delay(lastWords, null, { ref: false })]);
      this.#socket.destroy();
    }
    this.#how = this.#killed ?? how;
    this.#wake();
    return this.#how;
  }

  #wake(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }
}

/** Resolves with how it ended. An error of a process that runs, such as of killing it, is no end. */
async function endOf(child: ChildProcess): Promise<Bytes> {
  return await new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(endWords(code, signal)));
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(couldNotStart(error));
    });
  });
}

function isVerdict({ kind }: PamEvent): boolean {
  return kind === "passed" || kind === "failed" || kind === "unusable";
}
