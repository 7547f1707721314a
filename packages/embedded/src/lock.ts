import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { EmbeddedError, systemCode } from "./errors.ts";
import { processIdentity } from "./processes.ts";

/** The right to run a server in a directory; it falls to the next one when its holder dies. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, or says who holds it.
 *
 * The file names the holding process so that no other one can be taken for it. PostgreSQL's own postmaster.pid still
 * guards the cluster; this one guards what we do before there is a server, and tells an owner from an orphan.
 *
 * @throws {EmbeddedError} `directory_in_use`, with `pid`
 */
export async function takeLock(file: string): Promise<Lock> {
  const ours = processIdentity(process.pid) ?? String(process.pid);
  const text = `${process.pid}\n${ours}\n${randomUUID()}\n`;
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, text, { flag: "wx", mode: 0o600 });
  try {
    // link(2) never replaces, and the file has its contents from its first moment.
    for (let attempt = 0; attempt < 10; attempt++) {
      if (await linked(fresh, file)) return { release: async () => await release(file, text) };
      const held = await readFile(file, "latin1").catch(() => undefined);
      if (held === undefined) continue;
      const [pid = "", identity = ""] = held.split("\n");
      if (identity !== "" && processIdentity(Number(pid)) === identity) throw inUse(file, Number(pid));
      await removeStale(file, held);
    }
  } finally {
    await rm(fresh, { force: true });
  }
  throw new EmbeddedError("directory_in_use", `could not take the lock file "${file}"`, {
    detail: "Other processes keep taking it.",
  });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Takes away a dead holder's file; if somebody else's came in between, it goes back to its place. */
async function removeStale(file: string, expected: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "latin1")) !== expected) await linked(aside, file);
  await rm(aside, { force: true });
}

async function release(file: string, text: string): Promise<void> {
  const held = await readFile(file, "latin1").catch(() => undefined);
  if (held === text) await rm(file, { force: true });
}

function inUse(file: string, pid: number): EmbeddedError {
  const who = pid === process.pid ? "this very process" : `process ${pid}`;
  return new EmbeddedError("directory_in_use", `the embedded server's directory is in use by ${who}`, {
    detail: `The lock file is "${file}".`,
    hint: "Stop that process, or choose another directory.",
    pid,
  });
}
