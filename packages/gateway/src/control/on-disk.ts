import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Bytes, DirectoryContent } from "@sallyport/policy";
import { readDirectory } from "@sallyport/policy/node";
import type { Settings } from "../config/index.ts";
import { livePace, readHba, readIdent } from "../config/policy-files.ts";
import type { FileReading, ReadParts } from "../config/policy-files.ts";

/** What lies on the disk as one of the two files. */
export interface DiskFile {
  readonly sha256: string;
  /** A reload would take it. */
  readonly loads: boolean;
}

export interface DiskState {
  readonly hba: DiskFile;
  readonly ident: DiskFile;
}

/** A reading of a file, of whenever. */
export type Reading = Pick<FileReading, "fileName" | "sha256" | "read"> & { readonly loads: boolean };

/**
 * Tells what lies on the disk without reading it as policy, as long as it is, byte by byte, what has been read before:
 * hashing is cheap, and who asks again and again must not make the gateway read a million rules again and again.
 */
export class OnDisk {
  readonly #read: { hba: Reading | null; ident: Reading | null } = { hba: null, ident: null };
  #looking: Promise<DiskState> | null = null;

  /**
   * Those who ask while somebody is looking hear the same.
   *
   * @param known what the last reload read
   */
  async look(
    settings: Settings,
    known: { readonly hba: Reading; readonly ident: Reading },
  ): Promise<DiskState> {
    this.#looking ??= this.#look(settings, known).finally(() => {
      this.#looking = null;
    });
    return await this.#looking;
  }

  async #look(
    settings: Settings,
    known: { readonly hba: Reading; readonly ident: Reading },
  ): Promise<DiskState> {
    const read = this.#read;
    const hba = (await still(settings.hba_file, [known.hba, read.hba])) ?? (await hbaNow(settings));
    const ident = (await still(settings.ident_file, [known.ident, read.ident])) ?? (await identNow(settings));
    [read.hba, read.ident] = [hba, ident];
    return { hba, ident };
  }
}

async function hbaNow(settings: Settings): Promise<Reading> {
  const reading = await readHba(settings, livePace());
  return { ...partsOf(reading), loads: reading.policy !== null };
}

async function identNow(settings: Settings): Promise<Reading> {
  const reading = await readIdent(settings, livePace());
  return { ...partsOf(reading), loads: reading.mappings !== null };
}

/** Not the rules and problems: what was only looked at must not stay in memory. */
function partsOf({ fileName, sha256, read }: FileReading): Omit<Reading, "loads"> {
  return { fileName, sha256, read };
}

/** The first reading whose files and directories are today what they were. */
async function still(fileName: Bytes, readings: readonly (Reading | null)[]): Promise<Reading | null> {
  const sums = new Map<Bytes, string | null>();
  const sumOf = async (name: Bytes): Promise<string | null> => {
    const known = sums.get(name);
    const sum = known === undefined ? await hashFile(name) : known;
    sums.set(name, sum);
    return sum;
  };
  for (const reading of readings) {
    if (reading?.fileName === fileName && (await isStill(reading.read, sumOf))) return reading;
  }
  return null;
}

async function isStill(
  { files, directories }: ReadParts,
  sumOf: (name: Bytes) => Promise<string | null>,
): Promise<boolean> {
  for (const [name, content] of directories) {
    if (listed(await readDirectory(name)) !== listed(content)) return false;
  }
  for (const [name, sum] of files) if ((await sumOf(name)) !== sum) return false;
  return true;
}

function listed(content: DirectoryContent): string {
  if ("openError" in content) return content.openError.code;
  return JSON.stringify(content.entries.map(({ name, kind }) => `${name}/${kind}`).toSorted());
}

/** Beyond that no file is read as policy. */
const largestFile = 1024 * 1024 * 1024;

const bytesPerTurn = 1024 * 1024;

/** Null: it cannot be read, or has no end. */
async function hashFile(name: Bytes): Promise<string | null> {
  try {
    // Not blocking: a pipe must not hold a thread of the pool until somebody writes.
    await using file = await open(Buffer.from(name, "latin1"), constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return null;
    const hash = createHash("sha256");
    const buffer = Buffer.alloc(bytesPerTurn);
    for (let length = 0; length <= largestFile;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
  } catch {
    // Null: a reading that failed in the same way counts as the same.
  }
  return null;
}
