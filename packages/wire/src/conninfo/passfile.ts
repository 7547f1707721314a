/** The password file: manual, "The Password File". */
import { open } from "node:fs/promises";
import { toBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { ConnectionOptions, HostTarget } from "./options.ts";

/** A password file as it was found. */
export interface PasswordFile {
  /** A byte string; empty if the file is absent or must not be used. */
  readonly text: string;
  /** Why the file is not used, in libpq's words; null if nothing is wrong. An absent file is not wrong. */
  readonly warning: string | null;
}

/** Larger than any real one; what is beyond is not read. */
const MAX_PASSFILE_LENGTH = 1024 * 1024;

/** Reads a password file, and refuses one that others may read. */
export async function readPasswordFile(path: string): Promise<PasswordFile> {
  const file = await open(toBuffer(path), "r").catch(() => null);
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
    if (status.size > MAX_PASSFILE_LENGTH) {
      throw new WireError("invalid_conninfo", `password file "${path}" is larger than 1 MB`);
    }
    return { text: (await file.readFile()).toString("latin1"), warning: null };
  } finally {
    await file.close();
  }
}

/** Whom a line of the file must name. */
export interface PasswordFileKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password of the first line `host:port:database:user:password` that fits: `*` fits everything, a backslash
 * takes the next character as it is, `#` starts a comment line.
 */
export function lookUpPassword(text: string, key: PasswordFileKey): Secret | null {
  for (const line of text.split("\n")) {
    const password = line.startsWith("#") ? null : matchLine(line.replace(/\r+$/, ""), key);
    if (password !== null) {
      return new Secret(password);
    }
  }
  return null;
}

function matchLine(line: string, key: PasswordFileKey): string | null {
  let rest = line;
  for (const wanted of [key.host, String(key.port), key.database, key.user]) {
    const field = /^((?:\\.|[^:\\])*):/s.exec(rest)?.[1];
    if (field === undefined || (field !== "*" && unescape(field) !== wanted)) {
      return null;
    }
    rest = rest.slice(field.length + 1);
  }
  const [password = ""] = /^(?:\\.|[^:])*/s.exec(rest) ?? [];
  return unescape(password);
}

function unescape(field: string): string {
  return field.replaceAll(/\\(.)/gs, "$1");
}

/**
 * Adds the password file's passwords to hosts that have none. A host in the default socket directory is called
 * `localhost` there.
 *
 * @param read for tests; the system's files otherwise
 */
export async function withPasswordFile(
  options: ConnectionOptions,
  socketDirectory: string,
  read: (path: string) => Promise<PasswordFile> = readPasswordFile,
): Promise<{ readonly options: ConnectionOptions; readonly warning: string | null }> {
  const lacking = options.hosts.some(({ password }) => password == null);
  if (options.passfile == null || !lacking) {
    return { options, warning: null };
  }
  const { text, warning } = await read(options.passfile);
  const { user, database } = options;
  const hosts = options.hosts.map((target): HostTarget => {
    const host = target.host === socketDirectory ? "localhost" : target.host;
    const key = { host, port: target.port, database, user };
    return { ...target, password: target.password ?? lookUpPassword(text, key) };
  });
  return { options: { ...options, hosts }, warning };
}
