import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ClusterTools } from "./cluster.ts";
import { EmbeddedError } from "./errors.ts";
import { readPostmasterFile } from "./processes.ts";
import { spawnAs } from "./run.ts";
import { settingArguments } from "./settings.ts";
import type { Settings } from "./settings.ts";

/** PostgreSQL's shutdown modes: sessions may finish, are ended, or the server drops everything. */
export type ShutdownMode = "smart" | "fast" | "immediate";

export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running server process that we started. */
export interface Postmaster {
  readonly pid: number;
  readonly startedInMs: number;
  /** Settles when the process has ended, however it ended; never rejects. */
  readonly exited: Promise<ServerExit>;
  /**
   * Ends it and waits for that. After `withinMs` (30 s) a harder mode is tried, then SIGKILL.
   *
   * @throws {EmbeddedError} `stop_failed` if it outlives even that
   */
  stop(mode?: ShutdownMode, withinMs?: number): Promise<void>;
}

export interface PostmasterOptions extends ClusterTools {
  readonly dataDirectory: string;
  readonly settings: Settings;
  /** Gets what the server writes to its standard error; emptied first. */
  readonly logFile: string;
  /** How long until it must take connections. */
  readonly readyWithinMs?: number;
}

const signals = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;
const harder = {
  smart: ["smart", "fast", "immediate"],
  fast: ["fast", "immediate"],
  immediate: ["immediate"],
} as const;
const pollMs = 5;

/**
 * Starts a server and waits until it takes connections.
 *
 * It runs in a session of its own, so that a Ctrl-C ends our process first and the server in order. If our process
 * dies without stopping it, a watcher does.
 *
 * @throws {EmbeddedError} `start_failed` with the end of the server's log
 */
export async function runPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const began = performance.now();
  const { binaries, environment, runner, dataDirectory, logFile } = options;
  const log = await open(logFile, "w", 0o600);
  let child: ChildProcess;
  try {
    const args = ["-D", dataDirectory, ...settingArguments(options.settings)];
    child = spawnAs(runner, binaries.postgres, args, {
      environment,
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    });
  } finally {
    await log.close();
  }
  const exited = exitOf(child);
  const { pid } = child;
  if (pid === undefined) throw await failure(`cannot run "${binaries.postgres}"`, logFile);
  const watcher = watchOver(pid);
  void exited.then(() => watcher.kill("SIGKILL"));

  const stop = async (mode: ShutdownMode = "fast", withinMs = 30_000): Promise<void> => {
    for (const step of harder[mode]) {
      child.kill(signals[step]);
      if (await settlesWithin(exited, withinMs)) return;
    }
    child.kill("SIGKILL");
    if (await settlesWithin(exited, withinMs)) return;
    throw new EmbeddedError("stop_failed", `the PostgreSQL process ${pid} does not end`);
  };

  const readyWithinMs = options.readyWithinMs ?? 60_000;
  const gone = exited.then(() => true);
  while (true) {
    if (await Promise.race([gone, delay(pollMs, false)])) {
      throw await failure("the PostgreSQL server ended while starting", logFile);
    }
    const file = await readPostmasterFile(dataDirectory);
    if (file?.pid === pid && file.ready) break;
    if (performance.now() - began > readyWithinMs) {
      await stop("immediate", 5000);
      throw await failure(`the PostgreSQL server was not ready after ${readyWithinMs} ms`, logFile);
    }
  }
  return { pid, startedInMs: Math.round(performance.now() - began), exited, stop };
}

function exitOf(child: ChildProcess): Promise<ServerExit> {
  const { promise, resolve } = Promise.withResolvers<ServerExit>();
  child.once("exit", (code, signal) => resolve({ code, signal }));
  child.on("error", () => {
    if (child.pid === undefined) resolve({ code: null, signal: null });
  });
  return promise;
}

/**
 * A shell that waits for the end of its input, which is the end of our process however that comes, and then shuts
 * the server down. It is killed as soon as we see the server end, so the number is still the server's.
 */
function watchOver(pid: number): ChildProcess {
  const script = 'read -r _; kill -INT "$1"';
  const watcher = spawn("/bin/sh", ["-c", script, "sallyport-watcher", String(pid)], {
    cwd: "/",
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a watcher the server is an orphan after our sudden death, and the next start stops it.
  watcher.on("error", () => undefined);
  watcher.stdin?.on("error", () => undefined);
  watcher.unref();
  if (watcher.stdin !== null && "unref" in watcher.stdin && typeof watcher.stdin.unref === "function") {
    watcher.stdin.unref();
  }
  return watcher;
}

async function settlesWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const late = new AbortController();
  const timer = delay(withinMs, false, { signal: late.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), timer]);
  late.abort();
  return settled;
}

async function failure(message: string, logFile: string): Promise<EmbeddedError> {
  const log = await readFile(logFile, "utf8").catch(() => "");
  const detail = log.trimEnd().split("\n").slice(-20).join("\n");
  return new EmbeddedError("start_failed", message, {
    detail: detail === "" ? "It wrote no log." : detail,
    hint: `Its log is "${logFile}".`,
  });
}
