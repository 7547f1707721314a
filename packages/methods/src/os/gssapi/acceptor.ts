import { Worker } from "node:worker_threads";
import type { Bytes } from "@sallyport/policy";
import { Turnstile } from "@sallyport/wire";
import type { Handle } from "./bind.ts";

export interface AcquireRequest {
  readonly kind: "acquire";
  /** In the library's form, `FILE:/…` or a path; empty: the library's own default. */
  readonly keytab: Bytes;
}

/** `status`: why there are none, for the log; null: there are. */
export interface AcquireAnswer {
  readonly credentials: Handle;
  readonly status: Bytes | null;
}

export interface AcceptRequest {
  readonly kind: "accept";
  /** 0 with the first token. */
  readonly context: Handle;
  readonly credentials: Handle;
  readonly token: Uint8Array;
}

export interface AcceptAnswer {
  readonly context: Handle;
  /** The client's, when the context is complete; 0: none. */
  readonly name: Handle;
  readonly answer: Uint8Array;
  /** It is the client's turn. */
  readonly continues: boolean;
  /** Why it failed, for the log; null: it did not. */
  readonly status: Bytes | null;
}

/** Whose work it is for the thread takes turns; it does one thing at a time. */
const turnstile = new Turnstile(1);

let thread: Worker | null = null;

export interface ThreadWork<Answer> {
  /** Gives the thread what it has to do, now that it is its turn; throws, if there is nothing to do any more. */
  readonly begin: () => AcquireRequest | AcceptRequest;
  /** The thread is done with it, whether anybody still waits or not. Null: it broke down. */
  readonly end: (answer: Answer | null) => void;
}

/**
 * Has the thread do it, in its turn. What has begun goes to its end, whatever the signal says, and `end` hears what
 * came of it, so that nothing is lost that has to be given back.
 *
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function onThread<Answer extends AcquireAnswer | AcceptAnswer>(
  work: ThreadWork<Answer>,
  whose: string,
  signal: AbortSignal,
): Promise<Answer> {
  return await turnstile.run(
    async () => {
      const request = work.begin();
      try {
        const answer = await answerOf<Answer>((thread ??= start()), request);
        work.end(answer);
        return answer;
      } catch (error) {
        work.end(null);
        throw error;
      }
    },
    signal,
    whose,
  );
}

async function answerOf<Answer>(worker: Worker, request: AcquireRequest | AcceptRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const ended = (): void => reject(new Error("the thread for GSSAPI has ended"));
  worker.once("message", resolve).once("error", reject).once("exit", ended);
  try {
    worker.postMessage(request, []);
    return await promise;
  } finally {
    worker.off("message", resolve).off("error", reject).off("exit", ended);
  }
}

function start(): Worker {
  // Sources run as they are, and so does what is built of them.
  const file = import.meta.url.endsWith(".ts")
    ? new URL("./acceptor-thread.ts", import.meta.url)
    : new URL("./acceptor-thread.js", import.meta.url);
  const worker = new Worker(file);
  worker.on("error", () => undefined); // whoever waits hears of it
  worker.on("exit", () => {
    thread = null;
  });
  worker.unref();
  return worker;
}
