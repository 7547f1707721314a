import { randomUUID } from "node:crypto";
import { chmod, chown, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { EmbeddedError } from "./errors.ts";
import { runAs } from "./run.ts";
import type { Runner } from "./run.ts";

export interface ClusterTools {
  readonly binaries: Binaries;
  readonly environment: Readonly<Record<string, string>>;
  readonly runner: Runner;
}

/** The bootstrap superuser of every cluster made here. It has no password. */
export const superuser = "postgres";

const initdbWithinMs = 120_000;

/**
 * Makes a cluster, whole or not at all: initdb works in a directory beside it, which gets the name at the end.
 * The caller holds the lock of the directory around it.
 *
 * @throws {EmbeddedError} `initdb_failed`
 */
export async function makeCluster(tools: ClusterTools, dataDirectory: string): Promise<void> {
  const { binaries, environment, runner } = tools;
  const unfinished = await mkdtemp(join(dirname(dataDirectory), `${basename(dataDirectory)}.unfinished.`));
  await giveTo(runner, unfinished);
  // Reject, not trust, until our own pg_hba.conf is in place; --no-sync spares a try-out seconds of fsync.
  const args = ["-D", unfinished, "-U", superuser, "--no-locale", "-E", "UTF8", "--auth=reject", "--no-sync"];
  const outcome = await runAs(runner, binaries.initdb, args, {
    environment,
    withinMs: initdbWithinMs,
  });
  if (outcome.status !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new EmbeddedError("initdb_failed", `initdb could not make a cluster in "${dataDirectory}"`, {
      detail: outcome.stderr.trim() || `It ended with status ${outcome.status}.`,
    });
  }
  await rename(unfinished, dataDirectory);
}

/**
 * Removes what interrupted runs of `makeCluster` left. An initdb that outlived its owner may still write there for a
 * moment: what cannot be removed now is removed at the next start.
 */
export async function removeUnfinished(dataDirectory: string): Promise<void> {
  const parent = dirname(dataDirectory);
  const prefix = `${basename(dataDirectory)}.unfinished.`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Makes a path the runner's own. A namespace's files stay ours: there, we are that user. */
export async function giveTo(runner: Runner, path: string): Promise<void> {
  if (runner.kind === "user") await chown(path, runner.uid, runner.gid);
}

/**
 * Writes a file of the cluster in one step, bytes as they are.
 *
 * The directory belongs to the server's user, who must not be able to make root write elsewhere: the new file is
 * created by us (never an existing one opened) and then renamed over whatever had the name.
 */
export async function writeClusterFile(
  runner: Runner,
  path: string,
  contents: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  const handle = await open(fresh, "wx", mode);
  try {
    await handle.writeFile(contents);
    if (runner.kind === "user") await handle.chown(runner.uid, runner.gid);
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
}

/** A directory that only the runner (and root) may enter. */
export async function makePrivate(runner: Runner, path: string): Promise<void> {
  await chmod(path, 0o700);
  await giveTo(runner, path);
}

/**
 * pg_hba.conf and pg_ident.conf of the embedded cluster: our own OS user may be any role, and nobody else any.
 * The map names that user as the server sees it; `all` on the right side is a keyword since PostgreSQL 16.
 */
export async function writeAccessFiles(runner: Runner, dataDirectory: string): Promise<void> {
  const by = "# Written by Sallyport at every start of its embedded server; changes here are lost.\n";
  const hba = `${by}local all all peer map=sallyport\nlocal replication all peer map=sallyport\n`;
  const ident = `${by}sallyport ${identToken(runner.seesUsAs)} all\n`;
  await writeClusterFile(runner, join(dataDirectory, "pg_hba.conf"), hba);
  await writeClusterFile(runner, join(dataDirectory, "pg_ident.conf"), ident);
}

/** An OS user's name as one token of pg_ident.conf that means this name and nothing else. */
export function identToken(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return name;
  // A leading slash would make it a regular expression.
  if (name === "" || name.startsWith("/") || /[\0\r\n]/.test(name)) {
    throw new EmbeddedError(
      "no_unprivileged_user",
      `OS user name ${JSON.stringify(name)} cannot stand in pg_ident.conf`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}
