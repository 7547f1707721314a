import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that goes away with `await using`, or by `remove()`. */
export interface TempDirectory extends AsyncDisposable {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Makes a private (0700) directory with a short path, so that a socket in it stays below 107 bytes. */
export async function tempDirectory(mode = 0o700): Promise<TempDirectory> {
  const path = await mkdtemp(join(tmpdir(), "sp-"));
  await chmod(path, mode);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  };
  return { path, remove, [Symbol.asyncDispose]: remove };
}
