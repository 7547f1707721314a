/** What the load generator is told to do, as messages between two processes. Servers are on 127.0.0.1. */
export type Job = LoginJob | CopyJob | HoldJob | ReleaseJob;

interface Destination {
  readonly port: number;
  /** The startup packet. */
  readonly startup: Uint8Array;
}

/** Logins one after the other in each of so many sessions at once. */
export interface LoginJob extends Destination {
  readonly kind: "logins";
  /** Undefined: the server lets in without a question. */
  readonly keys: ScramKeys | undefined;
  readonly parallel: number;
  /** No login begins later than this; those that have begun are waited for. */
  readonly milliseconds: number;
}

/** What SCRAM is answered with, without the password. */
export interface ScramKeys {
  readonly clientKey: Uint8Array;
  readonly storedKey: Uint8Array;
}

/** One COPY after the other in one session. The server lets in without a question. */
export interface CopyJob extends Destination {
  readonly kind: "copy";
  readonly sql: string;
  /** CopyData messages, which are sent so many times in each COPY; undefined: the server sends. */
  readonly data: { readonly messages: Uint8Array; readonly times: number } | undefined;
  /** No COPY begins later than this. */
  readonly milliseconds: number;
}

/** Logs in so many times, and stays. */
export interface HoldJob extends Destination {
  readonly kind: "hold";
  readonly sessions: number;
}

/** Ends the sessions that are held. */
export interface ReleaseJob {
  readonly kind: "release";
}

/** What came of it. */
export interface Work {
  /** Logins that ended with ReadyForQuery, or bytes that were copied, sessions that are held. */
  readonly done: number;
  /** From the first beginning to the last end. */
  readonly seconds: number;
}

/** The same, and what it took. */
export interface Report extends Work {
  /** CPU time of the process of the load. */
  readonly cpuSeconds: number;
}
