import { chmod, mkdir, lstat, rename } from "node:fs/promises";
import { join } from "node:path";
import { makePrivate } from "./cluster.ts";
import { EmbeddedError, systemCode } from "./errors.ts";
import type { Runner } from "./run.ts";

/**
 * Makes the server's room, or checks the one that is there: it must be a directory of ours that nobody else can
 * write, or others could put their own files under the names that we use.
 *
 * Root's room lets the server's user pass through to what is its own. All that is in it is closed to others.
 *
 * @throws {EmbeddedError} `directory_unusable`
 */
export async function makeRoom(directory: string): Promise<void> {
  const us = process.geteuid?.() ?? 0;
  try {
    await mkdir(directory, { mode: 0o700 });
    if (us === 0) await chmod(directory, 0o711);
    return;
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw unusable(directory, error);
  }
  const room = await lstat(directory);
  if (room.isDirectory() && room.uid === us && (room.mode & 0o022) === 0) return;
  throw new EmbeddedError("directory_unusable", `cannot keep a server in "${directory}"`, {
    detail: room.isDirectory()
      ? `It belongs to user ${room.uid} and has mode ${(room.mode & 0o7777).toString(8)}.`
      : "It is not a directory.",
    hint: `It must be a directory of user ${us} that nobody else can write to.`,
  });
}

/** The uid that owns a path, or undefined if it does not exist. */
export async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).uid;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The directory for the socket: the server's user and root enter it, nobody else. */
export async function makeSocketDirectory(runner: Runner, directory: string): Promise<string> {
  const path = join(directory, "socket");
  await mkdir(path, { mode: 0o700, recursive: true });
  await makePrivate(runner, path);
  return path;
}

/** Each start begins its log anew and keeps the one before, so that the two are bounded by the life of a server. */
export async function keepOldLog(logFile: string): Promise<void> {
  try {
    await rename(logFile, `${logFile}.old`);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

function unusable(directory: string, cause: unknown): EmbeddedError {
  return new EmbeddedError("directory_unusable", `cannot make the directory "${directory}"`, {
    detail: cause instanceof Error ? cause.message : undefined,
    cause,
  });
}
