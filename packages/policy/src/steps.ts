/**
 * Work that may be put aside between any two of its steps, so that a server can attend to others meanwhile. A step is
 * about a line of a file, or some that are like others. The work knows no clock: whoever drives it decides when to go on.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Goes through all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
