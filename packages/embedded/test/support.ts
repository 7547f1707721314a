import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { osUser, psql } from "@sallyport/testkit";
import type { CommandResult } from "@sallyport/testkit";
import { processIdentity } from "../src/processes.ts";

export const isRoot: boolean = process.geteuid?.() === 0;

/** Whether this kernel and container allow root a user namespace. */
export const hasUserNamespaces: boolean =
  spawnSync("unshare", ["-U", "--map-user=1", "--map-group=1", "--", "true"]).status === 0;

/** One statement through psql as the superuser; `as` is another OS user. */
export async function query(
  server: { readonly socketDirectory: string },
  statement: string,
  as?: string,
): Promise<CommandResult> {
  const args = ["-h", server.socketDirectory, "-U", "postgres", "-d", "postgres", "-c", statement];
  return await psql(args, as === undefined ? {} : { osUser: as });
}

export interface Owned {
  readonly pid: number;
  readonly osUser: string;
  readonly runsAs: string;
  readonly socketDirectory: string;
}

/** Starts `owner-process.ts` with its arguments, without waiting for its server; `as` is another OS user. */
export function spawnOwner(args: readonly string[], as?: string): ChildProcess {
  const script = fileURLToPath(new URL("owner-process.ts", import.meta.url));
  const user = as === undefined ? {} : { uid: osUser(as).uid, gid: osUser(as).gid };
  return spawn(process.execPath, ["--conditions=sallyport-source", script, ...args], {
    cwd: "/",
    stdio: ["pipe", "pipe", "inherit"],
    ...user,
  });
}

/** The server of an owner, once it takes connections. */
export async function ownedServer(owner: ChildProcess): Promise<Owned> {
  if (owner.stdout === null) throw new Error("the owner has no standard output");
  const lines = createInterface(owner.stdout);
  const signal = AbortSignal.timeout(30_000);
  const [line]: unknown[] = await once(lines, "line", { signal });
  return JSON.parse(String(line)) as Owned;
}

export async function killed(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}

/** Waits for something that no event tells. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(5);
  }
}

export function isAlive(pid: number): boolean {
  return processIdentity(pid) !== undefined;
}

/** The processes whose parent is `pid` and whose command line holds `word`. */
export async function childrenOf(pid: number, word: string): Promise<readonly number[]> {
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    all.map(async (name) => {
      const [stat, line] = await Promise.all(
        ["stat", "cmdline"].map(
          async (file) => await readFile(`/proc/${name}/${file}`, "latin1").catch(() => ""),
        ),
      );
      const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
      return Number(parent) === pid && line?.includes(word) === true ? [Number(name)] : [];
    }),
  );
  return found.flat();
}
