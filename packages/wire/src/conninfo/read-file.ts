/** Reading the files that a connection string names: never more than a cap, and never waiting for a writer. */
import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { toBuffer } from "../byte-string.ts";

/** A file, or what stands in its place. */
export interface SmallFile {
  readonly status: Stats;
  /** null: it is no plain file, or `mayRead` said no; `too_large`: it is larger than the cap. */
  readonly contents: Buffer | "too_large" | null;
}

/**
 * @param path a byte string
 * @param mayRead judges the file that is open, not what its name means a moment later
 * @throws the system's error if it cannot be opened or read
 */
export async function readSmallFile(
  path: string,
  maxLength: number,
  mayRead: (status: Stats) => boolean = () => true,
): Promise<SmallFile> {
  // Without waiting: a FIFO of that name would otherwise hold a thread of ours until somebody writes to it.
  const file = await open(toBuffer(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    const contents = status.isFile() && mayRead(status) ? await readAll(file, status.size, maxLength) : null;
    return { status, contents };
  } finally {
    await file.close();
  }
}

/** One byte more than there should be, so that a file that grows meanwhile shows itself. */
async function readAll(file: FileHandle, size: number, maxLength: number): Promise<Buffer | "too_large"> {
  const buffer = Buffer.alloc(Math.min(size, maxLength) + 1);
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read) {
    ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
  }
  return length > maxLength ? "too_large" : buffer.subarray(0, length);
}
