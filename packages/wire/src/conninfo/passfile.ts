/** The password file, and what is in it for a session: manual, "The Password File". */
import type { Stats } from "node:fs";
import { WireError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { ConnectionOptions, HostTarget } from "./options.ts";
import { lookUpPassword } from "./passfile-entry.ts";
import { readSmallFile } from "./read-file.ts";

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
  const file = await readSmallFile(path, MAX_PASSFILE_LENGTH, isPrivate).catch(() => null);
  if (file === null) {
    return { text: "", warning: null };
  }
  const { status, contents } = file;
  if (!status.isFile()) {
    return { text: "", warning: `password file "${path}" is not a plain file` };
  }
  if (contents === null) {
    return {
      text: "",
      warning: `password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
    };
  }
  if (contents === "too_large") {
    throw new WireError("invalid_conninfo", `password file "${path}" is larger than 1 MB`);
  }
  return { text: contents.toString("latin1"), warning: null };
}

function isPrivate({ mode }: Stats): boolean {
  return (mode & 0o077) === 0;
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
