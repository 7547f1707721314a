import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";

const root = join(import.meta.dirname, "../../..");
const copied = [
  "packages",
  "test/differential",
  "package.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "vitest.config.ts",
] as const;

/** A copy of the sources that the differential tests run on, with the checkout's dependencies. */
export async function copyOfSources(): Promise<TempDirectory> {
  // The tests read files as the user of the server, and load their own modules meanwhile.
  const copy = await tempDirectory(0o755);
  const modules = join(root, "node_modules");
  const links = join(copy.path, "node_modules");
  for (const name of copied) await cp(join(root, name), join(copy.path, name), { recursive: true });
  await symlink(join(root, "tools"), join(copy.path, "tools"));
  await mkdir(links);
  for (const name of await readdir(modules)) {
    // The packages of this workspace are those of the copy, and so are the caches.
    if (name === "@sallyport" || name.startsWith(".")) continue;
    await symlink(join(modules, name), join(links, name));
  }
  await mkdir(join(links, "@sallyport"));
  for (const name of await readdir(join(modules, "@sallyport"))) {
    await symlink(join("../../packages", name), join(links, "@sallyport", name));
  }
  return copy;
}
