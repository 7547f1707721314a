import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Bytes, DirectoryContent, FileContent, SystemError } from "@sallyport/policy";
import { readDirectory, systemError } from "@sallyport/policy/node";

/** A file of the configuration: what stands in it, its permission bits, and whose it is. */
export type ConfigFileContent =
  | { readonly bytes: Bytes; readonly mode: number; readonly uid?: number }
  | Extract<FileContent, { openError: SystemError }>;

/** How the configuration is read. Names are byte strings, full paths. */
export interface ConfigDisk {
  readonly readFile: (name: Bytes) => Promise<ConfigFileContent>;
  readonly readDirectory: (name: Bytes) => Promise<DirectoryContent>;
}

/** No configuration that people write is larger; a device or a pipe must not fill the memory. */
const largestFile = 16 * 1024 * 1024;

/** The disk of this machine. */
export const systemDisk: ConfigDisk = { readFile, readDirectory };

async function readFile(name: Bytes): Promise<ConfigFileContent> {
  let file;
  try {
    // Not blocking: a pipe must not hold a thread of the pool until somebody writes.
    file = await open(path(name), constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (status.isDirectory()) return { openError: { code: "EISDIR", reason: "Is a directory" } };
    if (!status.isFile()) return { openError: { code: "EINVAL", reason: "It is not a regular file" } };
    if (status.size > largestFile) return { openError: { code: "EFBIG", reason: "File too large" } };
    return { bytes: (await file.readFile()).toString("latin1"), mode: status.mode & 0o7777, uid: status.uid };
  } catch (error) {
    return { openError: systemError(error) };
  } finally {
    await file?.close();
  }
}

function path(name: Bytes): Buffer {
  return Buffer.from(name, "latin1");
}
