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
 * was stopped, by a signal or otherwise. A second, harder signal overtakes a smart stop that still waits. SIGHUP reloads; before the gate runs it
 * has nothing to do.
 */
export function catchSignals(): (gate: Pick<RunningGate, "stop" | "reload" | "ended">) => Promise<void> {
  let reload = (): void => undefined;
  const hangUp = (): void => reload();
  let received: StopMode | null = null;
  let stop = (mode: StopMode): void => {
    received = mode;
  };
  const handlers = stopSignals.map(([signal, mode]) => {
    const handler = (): void => stop(mode);
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  process.on("SIGHUP", hangUp);
  return async (gate) => {
    reload = () => void gate.reload();
    stop = (mode) => void gate.stop(mode).catch(() => undefined); // `ended` says it
    if (received !== null) stop(received);
    try {
      await gate.ended;
    } finally {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      process.off("SIGHUP", hangUp);
    }
  };
}
