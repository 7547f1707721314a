/** The password file, and what is in it for a session: manual, "The Password File". */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { toBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { ConnectionOptions, HostTarget } from "./options.ts";
import { lookUpPassword } from "./passfile-entry.ts";

/** A password file as it was found. */
export interface PasswordFile {
  /** A byte string; empty if the file is absent or must not be used. */
  readonly text: string;
  /** Why the file is not used, in libpq's words; null if nothing is wrong. An absent file is not wrong. */
  readonly warning: string | null;
}

/** Larger than any real one: no more is ever read. */
const MAX_PASSFILE_LENGTH = 1024 * 1024;

/**
 * Reads a password file, and refuses one that others may read.
 *
 * @throws {WireError} `invalid_conninfo` if it is too large
 */
export async function readPasswordFile(path: string): Promise<PasswordFile> {
  // Without waiting: a FIFO of that name would otherwise hold a thread of ours until somebody writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(toBuffer(path), flags).catch(() => null);
  if (file === null) {
    return { text: "", warning: null };
  }
  try {
    // Of the file that is open, not of what the name means a moment later.
    const status = await file.stat();
    if (!status.isFile()) {
      return { text: "", warning: `password file "${path}" is not a plain file` };
    }
    if ((status.mode & 0o077) !== 0) {
      return {
        text: "",
        warning: `password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
      };
    }
    return { text: await readAll(file, status.size, path), warning: null };
  } finally {
    await file.close();
  }
}

/** One byte more than there should be, so that a file that grows meanwhile shows itself. */
async function readAll(file: FileHandle, size: number, path: string): Promise<string> {
  const buffer = Buffer.alloc(Math.min(size, MAX_PASSFILE_LENGTH) + 1);
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read) {
    ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
  }
  if (length > MAX_PASSFILE_LENGTH) {
    throw new WireError("invalid_conninfo", `password file "${path}" is larger than 1 MB`);
  }
  return buffer.toString("latin1", 0, length);
}

/** What came of looking for a password. */
export interface FoundPassword {
  readonly password: Secret | null;
  /** Why the password file is not used, if it is not. */
  readonly warning: string | null;
}

/**
 * The password for a session on one host: the one that is given, else what the password file says at this moment.
 * The default socket directory is called `localhost` there, and what physical replication connects to `replication`.
 *
 * @param read for tests; the system's files otherwise
 * @throws {WireError} `invalid_conninfo` if the file is too large
 */
export async function findPassword(
  options: ConnectionOptions,
  target: HostTarget,
  read: (path: string) => Promise<PasswordFile> = readPasswordFile,
): Promise<FoundPassword> {
  if (target.password != null || options.passfile == null) {
    return { password: target.password ?? null, warning: null };
  }
  const { text, warning } = await read(options.passfile);
  const { user, database, socketDirectory } = options;
  const host = target.host === socketDirectory ? "localhost" : target.host;
  const key = { host, port: target.port, database: database || "replication", user };
  return { password: lookUpPassword(text, key), warning };
}
