import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Steps } from "../steps.ts";

/** Goes through all steps, and gives way to the rest of the process every now and then. */
export type Pace = <T>(steps: Steps<T>) => Promise<T>;

export interface PaceOptions {
  /** Milliseconds since any moment, never running backwards; default: Node's. */
  readonly now?: () => number;
  /** Settles when all that waits has had its turn; default: after timers and what has arrived at sockets. */
  readonly giveWay?: () => Promise<unknown>;
}

/** For how long others wait, in milliseconds: little beside a login, and much beside a turn of the event loop. */
const slice = 10;

/** A pace for one piece of work: whatever is done at it one after the other shares the slices of time. */
export function createPace({
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
