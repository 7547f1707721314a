import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Steps } from "../steps.ts";

/** Goes through all steps, and gives way to the rest of the process every now and then. */
export type Pace = <T>(steps: Steps<T>) => Promise<T>;

export interface PaceOptions {
  /** How long it works at a time, in milliseconds: so long others wait. Default: 10, little beside a login. */
  readonly slice?: number;
  /** Milliseconds since any moment, never running backwards; default: Node's. */
  readonly now?: () => number;
  /** Settles when all that waits has had its turn; default: after timers and what has arrived at sockets. */
  readonly giveWay?: () => Promise<unknown>;
}

/** A pace for one piece of work: whatever is done at it one after the other shares the slices of time. */
export function createPace({
  slice = 10,
  now = () => performance.now(),
  giveWay = async () => {
    await setImmediate();
  },
}: PaceOptions = {}): Pace {
  let until = now() + slice;
  return async (steps) => {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (now() < until) continue;
      await giveWay();
      until = now() + slice;
    }
  };
}
