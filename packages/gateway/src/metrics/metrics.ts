import type { Settings } from "../config/index.ts";
import type { Gateway } from "../gateway.ts";
import type { Log } from "../log/index.ts";
import type { LivePolicy } from "../reload/live-policy.ts";
import type { FullReport } from "../reload/reloader.ts";
import type { Meter } from "../session/guest-book.ts";

export interface MetricsOptions {
  readonly settings: Pick<Settings, "metrics_address" | "max_connections">;
  readonly live: LivePolicy;
  /** Of the program. */
  readonly version: string;
  readonly log: Log;
}

/** What is served at `metrics_address`, and what is to be told to it. */
export interface Metrics {
  readonly meter: Meter;
  /** The doors are open: from now on it can be ready. */
  readonly opened: (gateway: Gateway) => void;
  readonly reloaded: (report: FullReport) => void;
  readonly close: () => Promise<void>;
}
