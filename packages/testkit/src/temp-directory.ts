import { access, chmod, constants, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that goes away with `await using`, or by `remove()`. */
export interface TempDirectory extends AsyncDisposable {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Makes a private (0700) directory with a short path, so that a socket in it stays below 107 bytes. */
export async function tempDirectory(mode = 0o700, parent: string = tmpdir()): Promise<TempDirectory> {
  const path = await mkdtemp(join(parent, "sp-"));
  await chmod(path, mode);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  };
  return { path, remove, [Symbol.asyncDispose]: remove };
}

const memory = "/dev/shm";
/** Bytes: many times what the servers of all workers have. */
const roomy = 2 * 2 ** 30;

/**
 * A parent for what is large and soon gone, such as a cluster: memory, where the machine has enough for files. The
 * copying of 40 MB there costs a third, and no disk has to write them later. `TMPDIR` may say otherwise.
 */
export async function memoryOrDisk(): Promise<string> {
  if (process.env["TMPDIR"] !== undefined) return tmpdir();
  try {
    const { bavail, bsize } = await statfs(memory);
    await access(memory, constants.W_OK);
    return bavail * bsize >= roomy ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}
