import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { claimPidFile, HeldError } from "../state/pid-file.ts";
import type { PidFile } from "../state/pid-file.ts";

/**
 * Takes the right to a socket's path by a lock file beside it, as PostgreSQL does, and removes a socket that a
 * dead owner left behind. A directory that is missing is made, for its owner alone.
 *
 * @throws {Error} if a living process holds the path, or if somebody still answers on it
 */
export async function claimSocket(path: string): Promise<PidFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = await claimPidFile(`${path}.lock`).catch((error: unknown) => {
    if (!(error instanceof HeldError)) throw error;
    const who = `Is another server (PID ${error.pid}) using socket file "${path}"?`;
    throw new Error(`${error.message}. ${who}`, { cause: error });
  });
  if (await answers(path)) {
    await lock.release();
    throw new Error(`could not bind Unix address "${path}": Address already in use`);
  }
  await rm(path, { force: true });
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    await lock.release();
  };
  return { release };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
