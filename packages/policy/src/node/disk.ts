import { lookup } from "node:dns/promises";
import { constants } from "node:fs";
import { open, opendir, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { isIP } from "node:net";
import type { Bytes } from "../bytes.ts";
import { utf8Text } from "../bytes.ts";
import type { DirectoryContent, DirectoryEntry, Disk, FileContent, Need, SystemError } from "../disk.ts";
import { pieceEnd } from "../text/pieces.ts";
import { strerror } from "./strerror.ts";

/** No configuration is larger; a device or a pipe must not fill the memory. */
const largestFile = 1024 * 1024 * 1024;

/** Making a string of more at once would hold up the rest of the process. */
const mostPerRead = 256 * 1024;

/** A disk that is filled need by need. */
export interface ReadDisk extends Disk {
  readonly files: Map<Bytes, FileContent>;
  readonly directories: Map<Bytes, DirectoryContent>;
  readonly zones: Map<Bytes, boolean>;
  readonly hosts: Map<Bytes, Bytes | null>;
}

export function emptyDisk(): ReadDisk {
  return { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
}

/** Fetches one need. A name is asked of the system's resolver only if `resolve` is set. */
export async function fetchNeed(disk: ReadDisk, need: Need, resolve: boolean): Promise<void> {
  const { kind, name } = need;
  if (kind === "file") disk.files.set(name, await readFileBytes(name));
  else if (kind === "directory") disk.directories.set(name, await readDirectory(name));
  else if (kind === "zone") disk.zones.set(name, await interfaceExists(name));
  else disk.hosts.set(name, resolve ? await resolveHost(name) : null);
}

/** File names are bytes; Node takes them as they are in a Buffer. */
function path(name: Bytes): Buffer {
  return Buffer.from(name, "latin1");
}

async function readFileBytes(name: Bytes): Promise<FileContent> {
  let file;
  try {
    // Not blocking: a pipe must not hold a thread of the pool until somebody writes.
    file = await open(path(name), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { openError: systemError(error) };
  }
  try {
    const status = await file.stat();
    if (status.size > largestFile) return { openError: { code: "EFBIG", reason: strerror("EFBIG") } };
    if (!status.isFile() && !status.isDirectory()) return await readDevice(file);
    return await readAll(file, status.size);
  } catch (error) {
    return { bytes: "", readError: systemError(error) };
  } finally {
    await file.close();
  }
}

/** @param size what the system says of it; it may be wrong, or change */
async function readAll(file: FileHandle, size: number): Promise<FileContent> {
  let buffer = Buffer.alloc(Math.min(Math.max(size + 1, 4096), mostPerRead));
  const pieces: Bytes[] = [];
  /** What stands at the beginning of the buffer and is in no piece yet. */
  let rest = 0;
  const cut = (end: number, read: number): void => {
    pieces.push(buffer.toString("latin1", 0, end));
    buffer.copyWithin(0, end, read);
    rest = read - end;
  };
  for (;;) {
    const { bytesRead } = await file.read(buffer, rest);
    if (bytesRead === 0) break;
    rest += bytesRead;
    if (rest < buffer.length) continue;
    const end = pieceEnd(buffer);
    if (end > 0) cut(end, rest);
    else buffer = Buffer.concat([buffer], 2 * buffer.length);
  }
  if (rest > 0) cut(rest, rest);
  const [only = "", ...others] = pieces;
  if (others.length === 0) return { bytes: only };
  return {
    pieces,
    get bytes() {
      return pieces.join("");
    },
  };
}

/** `/dev/null` is empty. What a device or a pipe has to say has no end that could be waited for. */
async function readDevice(file: FileHandle): Promise<FileContent> {
  const { bytesRead } = await file.read(Buffer.alloc(1));
  return bytesRead === 0 ? { bytes: "" } : { openError: { code: "EINVAL", reason: strerror("EINVAL") } };
}

/** Lists a directory; what its entries are is asked behind links. */
export async function readDirectory(name: Bytes): Promise<DirectoryContent> {
  const entries: DirectoryEntry[] = [];
  try {
    for await (const { name: entry } of await opendir(path(name), { encoding: "latin1" })) {
      entries.push({ name: entry, kind: await kindOf(`${name}/${entry}`) });
    }
  } catch (error) {
    return { openError: systemError(error) };
  }
  return { entries };
}

async function kindOf(name: Bytes): Promise<DirectoryEntry["kind"]> {
  try {
    return (await stat(path(name))).isDirectory() ? "directory" : "file";
  } catch {
    return "unknown";
  }
}

/** On Linux every interface has its directory here, whether it is up or not. */
async function interfaceExists(name: Bytes): Promise<boolean> {
  if (name.includes("/") || name.startsWith(".")) return false;
  try {
    await stat(path(`/sys/class/net/${name}`));
    return true;
  } catch {
    return false;
  }
}

async function resolveHost(name: Bytes): Promise<Bytes | null> {
  const unknown = "Name or service not known";
  const text = utf8Text(name);
  // Numbers are understood before anybody is asked; what is one to Node alone (`fe80::1%nosuch`) it would not look up.
  if (isIP(text) !== 0) return unknown;
  try {
    await lookup(text);
    return null;
  } catch {
    return unknown;
  }
}

/** What a failed system call says, in the C library's words. */
export function systemError(error: unknown): SystemError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "EIO";
  return { code, reason: strerror(code) };
}
