import { abortError } from "./deadline.ts";

/**
 * Waits for `work`, but no longer than until `signal` aborts; what was begun goes on, and nobody hears of it.
 *
 * @throws {WireError} `timeout`, `aborted`
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return await work;
  }
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(abortError(signal));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) {
    onAbort();
  }
  work.then(resolve, reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
