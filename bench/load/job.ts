/** What the load generator is told to do, as messages between two processes. */
export type Job = LoginJob;

/** Logins one after the other in each of so many sessions at once. */
export interface LoginJob {
  readonly kind: "logins";
  /** On 127.0.0.1. */
  readonly port: number;
  readonly startup: Uint8Array;
  /** Undefined: the server lets in without a question. */
  readonly keys: { readonly clientKey: Uint8Array; readonly storedKey: Uint8Array } | undefined;
  readonly parallel: number;
  /** No login begins later than this; those that have begun are waited for. */
  readonly milliseconds: number;
}

/** What came of it. */
export interface Work {
  /** Logins that ended with ReadyForQuery. */
  readonly done: number;
  /** From the first beginning to the last end. */
  readonly seconds: number;
}

/** The same, and what it took. */
export interface Report extends Work {
  /** CPU time of the process of the load. */
  readonly cpuSeconds: number;
}
