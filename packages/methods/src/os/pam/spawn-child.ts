import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bytes } from "@sallyport/policy";

/** Its ending is there from the sources, and from what is built of them. */
const program = fileURLToPath(new URL(`child/main${extname(import.meta.url)}`, import.meta.url));

/** It computes nothing: a small heap does, and few threads. */
const nodeOptions = [
  "--max-old-space-size=32",
  "--max-semi-space-size=1",
  "--v8-pool-size=0",
  "--no-warnings",
];

/**
 * Starts the program of a PAM process, with one socket between us as its descriptor 3.
 *
 * @throws {Error} it cannot be started; what shows later comes as an event
 */
export function spawnChild(): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, program, String(process.pid)], {
    // Modules write to the system's log by the name of their program.
    argv0: "sallyport-pam",
    cwd: "/",
    // As little as Debian gives to a server: no secret of ours, and nothing that could make Node load something.
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...zone() },
    // Of no terminal: modules must not ask there, and keys that are typed there do not stop it.
    detached: true,
    // Our log is no place for what modules may print. Other descriptors of ours are closed by exec(2).
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
}

function zone(): { readonly TZ?: string } {
  const { TZ } = process.env;
  return TZ === undefined ? {} : { TZ };
}

/** How a process ended, in PostgreSQL's words about its own: they continue `PAM process ...`. */
export function endWords(code: number | null, signal: NodeJS.Signals | null): Bytes {
  return signal === null
    ? `exited with exit code ${code}`
    : `was terminated by signal ${constants.signals[signal]}`;
}

export function couldNotStart(error: unknown): Bytes {
  return `could not be started: ${String(error)}`;
}
