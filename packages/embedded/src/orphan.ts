import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedError, systemCode } from "./errors.ts";
import { processesIn, processIdentity, readPostmasterFile, runsIn } from "./processes.ts";

/**
 * Clears the way after an owner that died: a server that still runs on the cluster is shut down (fast, then
 * immediately), and a postmaster.pid whose number belongs to somebody else by now is removed, which PostgreSQL by
 * itself would refuse to do. Called with the lock held: no living owner of ours is disturbed.
 *
 * @returns the process that was stopped, if any
 * @throws {EmbeddedError} `directory_in_use` if one cannot be stopped
 */
export async function stopOrphan(dataDirectory: string, withinMs = 30_000): Promise<number | undefined> {
  const file = await readPostmasterFile(dataDirectory);
  if (file === undefined) return undefined;
  const { pid } = file;
  const identity = processIdentity(pid);
  if (identity === undefined || !(await runsIn(pid, dataDirectory))) {
    // Its sessions may outlive a killed server for a moment; only with nobody left is the file certainly stale.
    const left = await processesIn(dataDirectory);
    if (left.length === 0) await rm(join(dataDirectory, "postmaster.pid"), { force: true });
    return undefined;
  }
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    send(pid, signal);
    if (await endsWithin(pid, identity, withinMs)) return pid;
  }
  throw new EmbeddedError(
    "directory_in_use",
    `process ${pid}, a PostgreSQL server left on "${dataDirectory}", does not end`,
    {
      hint: `End it: kill -KILL ${pid}`,
      pid,
    },
  );
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended a moment ago, which is what we want.
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

/** It is no child of ours, so there is no event to wait for. */
async function endsWithin(pid: number, identity: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processIdentity(pid) === identity) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
