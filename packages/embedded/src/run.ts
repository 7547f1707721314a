import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";

/**
 * As whom PostgreSQL's programs run; they refuse to run as root.
 *
 * - `self`: as we do. The cluster belongs to us.
 * - `user`: we are root and hand it to an unprivileged user, to whom the cluster belongs. The best way.
 * - `namespace`: we are root and that user cannot reach the files (they are below a private home). In a user
 *   namespace of its own, root looks like another user to the server, and the cluster belongs to root. The server has
 *   none of root's capabilities there, but root's files are still its own: whoever is superuser in this database can
 *   write them. It is for try-out and says so in its notices.
 */
export type Runner =
  | { readonly kind: "self"; readonly seesUsAs: string }
  | (Placed & { readonly kind: "user" | "namespace" });

interface Placed {
  readonly uid: number;
  readonly gid: number;
  /** Our OS user's name as the server sees it, which is what `peer` gives. */
  readonly seesUsAs: string;
}

/** What a program that has ended leaves: `status` is null when a signal or a failed start ended it. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
  /** Its own session, so that a Ctrl-C in the terminal is for us and not for it. */
  readonly detached?: boolean;
}

/** More output than this of a helper program is dropped. */
const outputLimit = 64 * 1024;

/** Starts a program as the runner's OS user, in the root directory, with nothing of our environment but PATH. */
export function spawnAs(
  runner: Runner,
  file: string,
  args: readonly string[],
  options: RunOptions,
): ChildProcess {
  const settings = {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC", ...options.environment },
    stdio: options.stdio ?? "pipe",
    detached: options.detached ?? false,
  };
  if (runner.kind === "self") return spawn(file, args, settings);
  if (runner.kind === "user") return spawn(file, args, { ...settings, uid: runner.uid, gid: runner.gid });
  const map = [`--map-user=${runner.uid}`, `--map-group=${runner.gid}`];
  return spawn("unshare", ["-U", ...map, "--", file, ...args], settings);
}

/** Runs a helper program to its end, at most `withinMs`; then it is killed. Never rejects. */
export async function runAs(
  runner: Runner,
  file: string,
  args: readonly string[],
  options: RunOptions & { readonly withinMs: number },
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = spawnAs(runner, file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout = capped(stdout, chunk)));
  child.stderr?.on("data", (chunk: Buffer) => (stderr = capped(stderr, chunk)));
  const deadline = setTimeout(() => child.kill("SIGKILL"), options.withinMs);
  child.once("error", (error) => resolve({ status: null, stdout, stderr: `${file}: ${error.message}` }));
  child.once("close", (status) => resolve({ status, stdout, stderr }));
  const outcome = await promise;
  clearTimeout(deadline);
  return outcome;
}

function capped(text: string, chunk: Buffer): string {
  return (text + chunk.toString("utf8")).slice(0, outputLimit);
}
