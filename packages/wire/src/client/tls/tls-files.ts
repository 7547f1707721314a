/** The files that TLS is made with, read anew for each connection. What is missing and was asked for is an error. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { toBuffer } from "../../byte-string.ts";
import { readSmallFile } from "../../conninfo/read-file.ts";
import { systemReason, tlsFailed } from "./tls-error.ts";
import type { NamedFile, TlsOptions } from "../../conninfo/tls-options.ts";

/** A file that was read. */
export interface TlsFile {
  /** A byte string, for errors. */
  readonly path: string;
  readonly contents: Buffer;
}

/** Everything that a TLS context is made of. */
export interface TlsContents {
  /** Whom to trust; null: nothing is verified. */
  readonly roots: TlsFile | null;
  /** null: nobody asks for lists of what is revoked. */
  readonly crls: readonly TlsFile[] | null;
  readonly certificate: { readonly chain: TlsFile; readonly key: TlsFile } | null;
}

/** Far above any of these files, and what is read of a directory together. */
const MAX_FILE = 4 * 1024 * 1024;
const MAX_DIRECTORY = 16 * 1024 * 1024;

/** @throws {WireError} `tls_failed`, in libpq's words where it has some */
export async function readTlsFiles(options: TlsOptions): Promise<TlsContents> {
  const roots = await readRoots(options);
  // As in libpq, and as it must be: without roots nothing is verified at all.
  const crls = roots === null ? null : await readLists(options);
  return { roots, crls, certificate: await readCertificate(options) };
}

async function readRoots({ roots, mode, systemRoots }: TlsOptions): Promise<TlsFile | null> {
  if (roots === "system") {
    for (const path of systemRoots) {
      const found = await read(path, "root certificate file").catch(() => null);
      if (found !== null) return found;
    }
    throw tlsFailed("could not load system root certificate paths: no such file or directory");
  }
  const found = roots === null ? null : await read(roots.path, "root certificate file");
  if (found !== null) return found;
  const verifies = mode === "verify-ca" || mode === "verify-full";
  // Who names a file wants it to be used; libpq goes on without it unless it has to verify.
  if (!verifies && roots?.isDefault !== false) return null;
  const what =
    roots === null
      ? "could not get home directory to locate root certificate file"
      : `root certificate file "${roots.path}" does not exist`;
  throw tlsFailed(
    `${what}\nEither provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification.`,
  );
}

async function readLists({ crl, crlDirectory }: TlsOptions): Promise<readonly TlsFile[] | null> {
  const single = crl === null ? null : await readList(crl);
  if (crlDirectory === null) return single === null ? null : [single];
  return [...(single === null ? [] : [single]), ...(await readListDirectory(crlDirectory))];
}

async function readList({ path, isDefault }: NamedFile): Promise<TlsFile | null> {
  const found = await read(path, "certificate revocation list file");
  if (found === null && !isDefault) {
    throw tlsFailed(`certificate revocation list file "${path}" does not exist`);
  }
  return found;
}

/** Those that OpenSSL would find, by the hash of their issuer's name: `0a1b2c3d.r0`. */
async function readListDirectory(directory: string): Promise<readonly TlsFile[]> {
  const names = await readdir(toBuffer(directory), "latin1").catch((error: unknown) => {
    const reason = systemReason(error) ?? String(error);
    throw tlsFailed(`could not open certificate revocation list directory "${directory}": ${reason}`, error);
  });
  const files: TlsFile[] = [];
  let total = 0;
  for (const name of names.filter((each) => /^[0-9a-f]{8}\.r\d+$/.test(each)).toSorted()) {
    const file = await read(`${directory}/${name}`, "certificate revocation list file");
    total += file?.contents.length ?? 0;
    if (total > MAX_DIRECTORY) {
      throw tlsFailed(`certificate revocation list directory "${directory}" holds more than 16 MB`);
    }
    if (file !== null) files.push(file);
  }
  return files;
}

async function readCertificate(options: TlsOptions): Promise<TlsContents["certificate"]> {
  const { certificate, certificateMode, key } = options;
  if (certificateMode === "disable" || certificate === null) return null;
  // Whether one is needed only the server knows.
  const chain = await read(certificate.path, "certificate file");
  if (chain === null) return null;
  if (key === null) throw tlsFailed("certificate present, but no private key file is known");
  return { chain, key: await readKey(key) };
}

async function readKey({ path }: NamedFile): Promise<TlsFile> {
  if (path.includes(":"))
    throw tlsFailed("keys in engines (sslkey=engine:key) are not supported by this build");
  const status = await stat(toBuffer(path)).catch((error: unknown) => {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw missing
      ? tlsFailed(`certificate present, but not private key file "${path}"`, error)
      : tlsFailed(
          `could not stat private key file "${path}": ${systemReason(error) ?? String(error)}`,
          error,
        );
  });
  if (!status.isFile()) throw tlsFailed(`private key file "${path}" is not a regular file`);
  const found = await read(path, "private key file", isPrivate);
  if (found === null) throw tlsFailed(`certificate present, but not private key file "${path}"`);
  return found;
}

/** Root's may be readable by a group: such keys are handed out so. */
function isPrivate({ uid, mode }: Stats): boolean {
  return (mode & (uid === 0 ? 0o037 : 0o077)) === 0;
}

/** Null if it is not there. */
async function read(
  path: string,
  what: string,
  mayRead?: (status: Stats) => boolean,
): Promise<TlsFile | null> {
  try {
    const { status, contents } = await readSmallFile(path, MAX_FILE, mayRead);
    if (contents === "too_large") throw tlsFailed(`${what} "${path}" is larger than 4 MB`);
    if (contents === null) {
      throw tlsFailed(
        status.isFile()
          ? `${what} "${path}" has group or world access; file must have permissions u=rw (0600) or less if owned by the current user, or permissions u=rw,g=r (0640) or less if owned by root`
          : `${what} "${path}" is not a regular file`,
      );
    }
    return { path, contents };
  } catch (error) {
    const code: unknown = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    const reason = systemReason(error);
    if (reason === null) throw error;
    throw tlsFailed(`could not read ${what} "${path}": ${reason}`, error);
  }
}
