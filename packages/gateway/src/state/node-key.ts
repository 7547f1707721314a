import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";

/** In bytes. */
export const nodeKeyLength = 32;

/**
 * The secret of this gate: what the salts of mock exchanges are made of. Made at the first start, readable by the
 * owner alone; copy it to make replicas answer alike.
 *
 * @throws {Error} if the file is not of that length, which would make salts that somebody could foresee
 */
export async function nodeKey(path: string): Promise<Buffer> {
  const fresh = `${path}.${process.pid}`;
  const found = await readFile(path).catch(() => null);
  if (found === null) {
    await writeFile(fresh, randomBytes(nodeKeyLength), { mode: 0o600, flag: "wx" });
    // A link fails if the file is there by now: whoever was first has made the key.
    await link(fresh, path).catch(() => null);
    await rm(fresh, { force: true });
  }
  const key = found ?? (await readFile(path));
  if (key.length !== nodeKeyLength)
    throw new Error(`"${path}" must have ${nodeKeyLength} bytes, and has ${key.length}`);
  return key;
}
