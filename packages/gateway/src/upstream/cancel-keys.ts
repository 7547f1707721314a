import { randomBytes, timingSafeEqual } from "node:crypto";
import { sendCancel, startDeadline, Turnstile } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { BackendKey, OpenedSession, ProtocolVersion } from "@sallyport/wire";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { keyBytes } from "./key-bytes.ts";
import { encodeLongKey, longKeyLength, longKeySecret, nodeOfLongKey } from "./long-key.ts";
import { SourceLimit } from "./source-limit.ts";

/** What a session of the upstream is cancelled by. */
export type Cancellable = Pick<OpenedSession, "backendKey" | "target">;

/**
 * What became of a cancel request; `other_gateway`: its key is that of a session of another process that has the same
 * `node.key`, or of one before; `ignored`: its source has been wrong too often.
 */
export type CancelOutcome = "sent" | "failed" | "unknown_process" | "wrong_key" | "other_gateway" | "ignored";

/** A key that a client has, and takes back when its session ends. */
export interface IssuedKey {
  readonly key: BackendKey;
  readonly revoke: () => void;
}

/** Behind whom there is a session, or will be. */
interface Backed {
  readonly current: Cancellable | null;
}

interface Entry {
  /** A byte string: a small buffer would keep the large one that it is cut from. */
  readonly secretKey: Bytes;
  readonly backed: Backed;
}

/** Which session a key is for, or why none. */
type Found =
  | { readonly kind: "session"; readonly backed: Backed }
  | { readonly kind: "unknown_process" | "wrong_key" | "other_gateway"; readonly guessed: boolean };

/** PostgreSQL's words, but for the last. */
const words = {
  unknown_process: (pid: number) => `PID ${pid} in cancel request did not match any process`,
  wrong_key: (pid: number) => `wrong key in cancel request for process ${pid}`,
  other_gateway: (pid: number) => `cancel request for process ${pid} is for a session of another gateway`,
} as const;

const tooManyGuesses = "too many wrong cancel requests: those of this source are not looked at for a while";

/** Octets of a key for a client of a protocol before 3.2. */
const shortKeyLength = 4;

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
 *
 * A short key is random. A long one names its session and is signed: a forged one is seen before anything is looked up, and
 * one that another gateway has given is told from a wrong one.
 */
export class CancelKeys {
  /** By process id. */
  readonly #entries = new Map<number, readonly Entry[]>();
  readonly #secret: Buffer;
  /** Of this process: a gateway that is started again knows nothing of the sessions before. */
  readonly #node = randomBytes(8);
  readonly #turns = new Turnstile(mostAtOnce);
  readonly #wrong: SourceLimit;
  /** How many cancels of a session may still meet it. */
  readonly #open = new WeakMap<BackendKey, number>();
  readonly #closing = new AbortController();
  readonly #now: () => number;

  /** @param nodeKey what all replicas share */
  constructor(nodeKey: Buffer, now: () => number = () => performance.now()) {
    this.#secret = longKeySecret(nodeKey);
    this.#now = now;
    this.#wrong = new SourceLimit(wrongAtOnce, wrongPerSecond);
  }

  /** Ends what is still on its way. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * Null if the upstream gave no key: then there is nothing to cancel by.
   *
   * @param standIn the process id of a session that is not open yet
   */
  issue(backed: Backed, standIn: number, { minor }: ProtocolVersion): IssuedKey | null {
    const { current } = backed;
    if (current?.backendKey === null) return null;
    const processId = current?.backendKey.processId ?? standIn;
    const secretKey = minor >= 2 ? this.#longKey(processId) : keyBytes(shortKeyLength);
    const entry = { secretKey: secretKey.toString("latin1"), backed };
    this.#entries.set(processId, [...(this.#entries.get(processId) ?? []), entry]);
    return { key: { processId, secretKey }, revoke: () => this.#revoke(processId, entry) };
  }

  #revoke(processId: number, entry: Entry): void {
    const left = this.#entries.get(processId)?.filter((one) => one !== entry) ?? [];
    if (left.length > 0) this.#entries.set(processId, left);
    else this.#entries.delete(processId);
  }

  #longKey(processId: number): Buffer {
    return encodeLongKey(this.#secret, processId, this.#node, keyBytes(8));
  }

  /**
   * Carries out what somebody asks who has not said who he is, and may have left already. He is told nothing, whatever
   * comes of it; resolves when the upstream has taken it, so that it cannot meet a query that is sent later.
   *
   * @param source whom limits count it to
   */
  async request(key: BackendKey, source: string, log: Log): Promise<CancelOutcome> {
    if (!this.#wrong.allows(source, this.#now())) return "ignored";
    const { processId } = key;
    const found = this.#find(key);
    if (found.kind === "session") {
      log.log("DEBUG2", `processing cancel request: sending SIGINT to process ${processId}`);
      const { current } = found.backed;
      // A session that is not open does nothing.
      return current === null || (await this.cancel(current, source, log)) ? "sent" : "failed";
    }
    if (found.guessed && this.#wrong.take(source, this.#now()) === "last") log.log("WARNING", tooManyGuesses);
    else log.log("LOG", words[found.kind](processId));
    return found.kind;
  }

  /** Whoever has a long key that was given to him has guessed nothing, though it be worth nothing any more, or not here. */
  #find(key: BackendKey): Found {
    const { processId, secretKey } = key;
    const isLong = secretKey.length === longKeyLength;
    if (isLong) {
      const node = nodeOfLongKey(this.#secret, key);
      if (node === null) {
        return { kind: this.#entries.has(processId) ? "wrong_key" : "unknown_process", guessed: true };
      }
      if (!isEqual(node, this.#node)) return { kind: "other_gateway", guessed: false };
    }
    const entries = this.#entries.get(processId);
    if (entries === undefined) return { kind: "unknown_process", guessed: !isLong };
    const entry = entries.find((one) => isEqual(Buffer.from(one.secretKey, "latin1"), secretKey));
    return entry ? { kind: "session", backed: entry.backed } : { kind: "wrong_key", guessed: !isLong };
  }

  /** Cancels what a session of the upstream does. Failure is logged and is nobody's concern. True: it was taken. */
  async cancel({ backendKey, target }: Cancellable, source: string, log: Log): Promise<boolean> {
    if (backendKey === null) return false;
    const end = this.#begin(backendKey);
    const deadline = startDeadline(takenWithin, "cancel request", this.#closing.signal);
    try {
      const send = async (): Promise<void> => await sendCancel(target, backendKey, deadline.signal);
      await this.#turns.run(send, deadline.signal, source);
      end();
      return true;
    } catch (error) {
      const what = `could not pass on a cancel request for process ${backendKey.processId}`;
      log.log("LOG", `${what}: ${reasonOf(error)}`);
      return false;
    } finally {
      deadline.clear();
    }
  }

  /**
   * A cancel of this session is on its way, or nobody knows whether the upstream has taken it: it could still meet
   * whatever the session does next.
   */
  mayMeet({ backendKey }: Cancellable): boolean {
    return backendKey !== null && this.#open.has(backendKey);
  }

  /** Returns what ends it, once the upstream has taken it; else it stays open, for as long as the session is somebody's. */
  #begin(key: BackendKey): () => void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }
}

/** A key in place of the upstream's own for a client that gets no session: as long as others, and worth nothing. */
export function worthlessKey({ processId }: BackendKey, { minor }: ProtocolVersion): BackendKey {
  return { processId, secretKey: keyBytes(minor >= 2 ? longKeyLength : shortKeyLength) };
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
