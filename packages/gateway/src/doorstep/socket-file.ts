import { lstat, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { MAX_SOCKET_PATH } from "@sallyport/wire";
import { couldNotBindSocket } from "../log/index.ts";
import { claimPidFile, HeldError } from "../state/pid-file.ts";
import type { PidFile } from "../state/pid-file.ts";
import { DoorError } from "./door.ts";
import { systemReason } from "../log/system-reason.ts";

/** Why no socket can be bound at a path, whatever lies there; null: its length is right. */
export function pathFault(path: Bytes): Bytes | null {
  if (path.length <= MAX_SOCKET_PATH) return null;
  return `Unix-domain socket path "${path}" is too long (maximum ${MAX_SOCKET_PATH} bytes)`;
}

/**
 * Takes the right to a socket's path by a lock file beside it, as PostgreSQL does. A directory that is missing is
 * made, for its owner alone.
 *
 * @throws {Error} a living process holds the path, or there can be no lock file
 */
export async function lockSocket(path: string): Promise<PidFile> {
  const lockFile = `${path}.lock`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await claimPidFile(lockFile);
  } catch (error) {
    if (!(error instanceof HeldError))
      throw new Error(`could not create lock file "${lockFile}": ${systemReason(error)}`, { cause: error });
    const who = `Is another server (PID ${error.pid}) using socket file "${path}"?`;
    throw new Error(`${error.message}. ${who}`, { cause: error });
  }
}

/**
 * Removes the socket that a dead owner left at a path that we hold the lock of. A server without a lock file may
 * still live there, and what is not a socket is not ours to remove.
 *
 * @throws {DoorError} the path is taken
 */
export async function makeWay(path: string, port: number): Promise<void> {
  const what = await lstat(path).catch(() => null);
  if (what === null) return; // absent; if not, binding says what is wrong
  if (!what.isSocket() || !(await isDead(path))) {
    const words = couldNotBindSocket(utf8Bytes(path), "Address already in use");
    throw new DoorError(words, `Is another server already running on port ${port}?`);
  }
  await rm(path, { force: true }).catch(() => undefined); // what cannot be removed cannot be bound to
}

/** Nobody listens: any other answer than a refusal, even to us who may not connect, is that of somebody. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (dead: boolean): void => {
      socket.destroy();
      resolve(dead);
    };
    socket.once("connect", () => settle(false));
    socket.once("error", (error) => settle("code" in error && error.code === "ECONNREFUSED"));
  });
}
