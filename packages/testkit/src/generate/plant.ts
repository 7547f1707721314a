import { mkdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { giveTo } from "@sallyport/embedded";
import type { TestPostgres } from "../postgres.ts";
import type { Tree } from "./tree.ts";

/** Puts a tree into the server's data directory. Returns what takes it away again. */
export async function plantTree(server: TestPostgres, tree: Tree): Promise<() => Promise<void>> {
  const path = (name: string): string => join(server.paths.dataDirectory, name);
  for (const [name, entry] of tree) {
    if (entry.kind === "directory") {
      await mkdir(path(name), { recursive: true });
      await giveTo(server.runsAs, path(name));
    } else if (entry.kind === "link") {
      await symlink(entry.target, path(name));
    } else {
      await server.writeFile(name, Buffer.from(entry.bytes, "latin1"), entry.readable ? 0o600 : 0);
    }
  }
  return async () => {
    for (const name of tree.keys()) await rm(path(name), { recursive: true, force: true });
  };
}

/** Does something with the rights that the server has to its files: root would read what the server cannot. */
export async function asServerUser<T>(server: TestPostgres, act: () => Promise<T>): Promise<T> {
  const { uid } = await stat(server.paths.dataDirectory);
  if (process.geteuid?.() !== 0 || uid === 0) return await act();
  process.seteuid?.(uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
