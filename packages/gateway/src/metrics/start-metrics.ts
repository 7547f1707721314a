import { noMeter } from "../session/guest-book.ts";
import type { Metrics, MetricsOptions } from "./metrics.ts";

const ignored: Metrics = {
  meter: noMeter,
  opened: () => undefined,
  reloaded: () => undefined,
  close: () => Promise.resolve(),
};

/**
 * Serves `/metrics`, `/livez` and `/readyz`; without a `metrics_address` nothing is counted, and nothing is loaded that
 * counts.
 *
 * @throws {FatalError} 58000: the address cannot be had
 */
export async function startMetrics(options: MetricsOptions): Promise<Metrics> {
  if (options.settings.metrics_address === "") return ignored;
  const { serveMetrics } = await import("./serve-metrics.ts");
  return await serveMetrics(options);
}
