import { Registry } from "prom-client";
import type { Gateway } from "../gateway.ts";
import { watchGate } from "./gate-metrics.ts";
import { createMeter } from "./meter.ts";
import { parseMetricsAddress } from "./metrics-address.ts";
import type { Metrics, MetricsOptions } from "./metrics.ts";
import { watchProcess } from "./process-metrics.ts";
import { readinessOf } from "./readiness.ts";
import { servePages } from "./server.ts";
import type { Page } from "./server.ts";
import { sharedAnswer } from "./shared-answer.ts";

/** Milliseconds for which an answer serves all who ask. */
const freshFor = 1000;

/** `startMetrics`, where there is a `metrics_address`. */
export async function serveMetrics(options: MetricsOptions): Promise<Metrics> {
  const { settings, live, version, log } = options;
  const address = parseMetricsAddress(settings.metrics_address);
  if (!("port" in address)) throw new RangeError("the settings have let a wrong metrics_address pass");

  let gateway: Gateway | null = null;
  const maxConnections = settings.max_connections;
  const facts = { gateway: () => gateway, live, version, maxConnections, log, freshFor };
  const registry = new Registry();
  const meter = createMeter(registry, live);
  const reloaded = watchGate(registry, facts);
  const metrics = async (): Promise<Page> => page(200, await registry.metrics(), registry.contentType);
  const ready = readinessOf(facts);
  const readyz = async (): Promise<Page> => {
    const reason = await ready();
    return reason === null ? page(200, "ready\n") : page(503, `not ready: ${reason}\n`);
  };
  const pages = new Map([
    ["/metrics", sharedAnswer(metrics, freshFor)],
    ["/readyz", readyz],
    ["/livez", async () => page(200, "alive\n")],
  ]);
  const stopServing = await servePages(address, pages, log);
  const stopWatching = watchProcess(registry);
  return {
    meter,
    opened: (opened) => {
      gateway = opened;
    },
    reloaded,
    close: async () => {
      stopWatching();
      await stopServing();
    },
  };
}

function page(status: Page["status"], body: string, contentType = "text/plain; charset=utf-8"): Page {
  return { status, contentType, body };
}
