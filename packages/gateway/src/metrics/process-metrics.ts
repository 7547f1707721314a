import { readFileSync, readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

/**
 * This process, under the names that Prometheus' clients agree on. Those of prom-client itself cannot be stopped again,
 * and some look at every socket of the process at each scrape.
 *
 * @returns what stops the watching
 */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | null): void => {
    const one: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => {
        const value = read();
        if (value !== null) one.set(value);
      },
    });
  };

  const cpu: Counter = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time of this process, in seconds.",
    registers,
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  const startTime = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "Start of this process, in seconds since 1970.", () => startTime);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("process_open_fds", "Open file descriptors.", openDescriptors);
  gauge("process_max_fds", "The most open file descriptors.", mostDescriptors);
  gauge(
    "nodejs_heap_size_used_bytes",
    "Used memory of the JavaScript heap.",
    () => process.memoryUsage().heapUsed,
  );
  gauge("nodejs_external_memory_bytes", "Memory of buffers.", () => process.memoryUsage().external);

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const since = "since the last scrape, in seconds; 0.01 is none.";
  gauge("nodejs_eventloop_lag_p50_seconds", `Median delay of the event loop ${since}`, () =>
    seconds(delay.percentile(50)),
  );
  gauge("nodejs_eventloop_lag_p99_seconds", `99th percentile of the delay of the event loop ${since}`, () =>
    seconds(delay.percentile(99)),
  );
  gauge("nodejs_eventloop_lag_max_seconds", `Longest delay of the event loop ${since}`, () => {
    const longest = delay.max;
    delay.reset();
    return seconds(longest);
  });
  return () => delay.disable();
}

/** Null: nothing has been measured. */
function seconds(nanoseconds: number): number | null {
  return Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : null;
}

/** Null: the system does not say. */
function openDescriptors(): number | null {
  try {
    return readdirSync("/proc/self/fd").length - 1; // without the one that this reads by
  } catch {
    return null;
  }
}

function mostDescriptors(): number | null {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
