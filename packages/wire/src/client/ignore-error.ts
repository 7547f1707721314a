/** For a socket that nobody reads from any more: an error on it is of no interest, and must not end the process. */
export function ignoreError(): void {
  // Nothing to do: 'close' follows.
}
