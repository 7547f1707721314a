import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { systemError } from "@sallyport/policy/node";
import { Failure } from "../failure.ts";

/** A file as it was read. */
export interface OriginalFile {
  /** As it was named. */
  readonly name: string;
  /** Where it is: behind links. */
  readonly path: string;
  readonly bytes: Bytes;
  readonly status: BigIntStats;
}

export async function readOriginal(name: string): Promise<OriginalFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(name, "r");
    const status = await file.stat({ bigint: true });
    const bytes = (await file.readFile()).toString("latin1");
    return { name, path: await realpath(name), bytes, status };
  } catch (error) {
    throw failure("open", name, error);
  } finally {
    await file?.close();
  }
}

/**
 * Puts new contents in the place of a file: whoever reads it has the old ones or the new ones, also after a crash. Owner and mode stay
 * as they are. Access control lists and extended attributes do not.
 */
export async function rewriteFile(original: OriginalFile, bytes: Bytes): Promise<void> {
  const { name, path, status } = original;
  if (!status.isFile()) throw new Failure(`could not write "${name}": it is not a plain file`);
  if (status.nlink > 1n) {
    throw new Failure(`could not write "${name}": it has ${status.nlink} names`, {
      detail: "The others would keep the old contents.",
      hint: "Print the result, and write it with cat.",
    });
  }
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeLike(status, temporary, bytes);
    await mustBeUnchanged(original);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Failure ? error : failure("write", name, error);
  }
  await syncDirectory(dirname(path));
}

/** A new file with the owner and mode of another. */
async function writeLike({ mode, uid, gid }: BigIntStats, path: string, bytes: Bytes): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(Buffer.from(bytes, "latin1"));
    const made = await file.stat({ bigint: true });
    if (made.uid !== uid || made.gid !== gid) await file.chown(Number(uid), Number(gid));
    // Behind chown, which takes some bits away.
    await file.chmod(Number(mode & 0o7777n));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Between this and the renaming there is a moment in which nobody looks. */
async function mustBeUnchanged({ name, path, status }: OriginalFile): Promise<void> {
  const now = await stat(path, { bigint: true });
  const same = (["dev", "ino", "size", "mode", "uid", "gid", "mtimeNs", "ctimeNs"] as const).every(
    (key) => now[key] === status[key],
  );
  if (same) return;
  const hint = "Nothing was written. Try again.";
  throw new Failure(`could not write "${name}": somebody has changed it meanwhile`, { hint });
}

/** So that the new name outlives a crash. Some file systems cannot, and the file is in its place all the same. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => null);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

function failure(act: "open" | "write", name: string, error: unknown): Failure {
  const { code, reason } = systemError(error);
  const hint =
    act === "write" && (code === "EPERM" || code === "EACCES")
      ? "It takes the right to make files in its directory, and to give them its owner. Nothing was written."
      : undefined;
  return new Failure(`could not ${act} ${act === "open" ? "file " : ""}"${name}": ${utf8Text(reason)}`, {
    hint,
    cause: error,
  });
}
