import type { StopMode } from "@sallyport/gateway";
import type { RunningGate } from "./run-gate.ts";

const stopSignals: readonly (readonly [NodeJS.Signals, StopMode])[] = [
  ["SIGTERM", "smart"],
  ["SIGINT", "fast"],
  ["SIGQUIT", "immediate"],
];

/**
 * PostgreSQL's signals, from now on: one that comes while a gate is still being started stops it as soon as it runs,
 * instead of killing this process and leaving a database behind. The function that is returned waits until the gate
 * was stopped. A second, harder signal overtakes a smart stop that still waits.
 */
export function catchStopSignals(): (gate: Pick<RunningGate, "stop">) => Promise<void> {
  let received: StopMode | null = null;
  let stop = (mode: StopMode): void => {
    received = mode;
  };
  const handlers = stopSignals.map(([signal, mode]) => {
    const handler = (): void => stop(mode);
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  process.on("SIGHUP", noReload);
  return async (gate) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stop = (mode) => void gate.stop(mode).then(resolve, reject);
    if (received !== null) stop(received);
    try {
      await promise;
    } finally {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      process.off("SIGHUP", noReload);
    }
  };
}

function noReload(): void {
  process.stderr.write("LOG:  reloading is not supported by this build\n");
}
