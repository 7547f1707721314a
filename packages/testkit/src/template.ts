import { chmod, lstat, mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCluster } from "@sallyport/embedded";
import type { ClusterTools, Runner } from "@sallyport/embedded";
import { command } from "./command.ts";
import { tempDirectory } from "./temp-directory.ts";
import type { ServerPrograms } from "./versions.ts";

/**
 * A cluster to copy from, made once for each machine, OS user, build, version and way of running. Workers that make it at
 * the same time make one each; the first rename wins and the others throw theirs away.
 *
 * @returns its directory
 */
export async function templateCluster(tools: ClusterTools & ServerPrograms): Promise<string> {
  const us = process.geteuid?.() ?? 0;
  const room = join(tmpdir(), `sallyport-template-${us}-${tools.build}-${tools.binaries.version}`);
  await mkdir(room, { mode: 0o700 }).catch(() => undefined);
  const found = await lstat(room);
  // Anybody can make this name in a shared directory; only ours may give us a cluster.
  if (!found.isDirectory() || found.uid !== us || (found.mode & 0o077) !== 0) {
    throw new Error(`"${room}" is not a private directory of user ${us}: remove it`);
  }
  const { runner } = tools;
  const template = join(room, runner.kind === "self" ? "self" : `${runner.kind}-${runner.uid}`);
  if (await exists(template)) return template;

  await using workshop = await tempDirectory();
  if (runner.kind === "user") await chmod(workshop.path, 0o711);
  const fresh = join(workshop.path, "data");
  await makeCluster(tools, fresh);
  try {
    await rename(fresh, template);
  } catch (error) {
    if (!(await exists(template))) throw error;
    await rm(fresh, { recursive: true, force: true });
  }
  return template;
}

/** Copies a cluster with its modes, for the runner; `cp` is far faster than Node's own copying of a thousand files. */
export async function copyCluster(from: string, to: string, runner: Runner): Promise<void> {
  await succeed("cp", ["-a", "--reflink=auto", "--", from, to]);
  // A base backup belongs to whoever took it.
  if (runner.kind === "user") await succeed("chown", ["-R", `${runner.uid}:${runner.gid}`, "--", to]);
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const result = await command(program, args);
  if (result.status !== 0) throw new Error(`cannot copy the cluster: ${result.stderr}`);
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
