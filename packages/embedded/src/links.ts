import { access, chmod, constants, lstat, mkdir, readFile, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Binaries } from "./binaries.ts";
import { EmbeddedError, systemCode } from "./errors.ts";

/** npm packages cannot hold symbolic links: this file lists them, for a script that npm may not have run. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes sure that the libraries of the package are found under all their names.
 *
 * The links are made in the package where that is possible, else in `linksDirectory`. Making a link that is there is
 * no error, so two processes may do this at once.
 *
 * @returns what the environment of the programs needs: nothing, or an `LD_LIBRARY_PATH`
 */
export async function libraryEnvironment(
  binaries: Binaries,
  linksDirectory: string,
): Promise<Readonly<Record<string, string>>> {
  const root = dirname(binaries.native);
  const links = await listLinks(binaries);
  const missing: Link[] = [];
  for (const link of links) {
    if (!(await exists(join(root, link.target)))) missing.push(link);
  }
  if (missing.length === 0) return {};
  const lib = join(binaries.native, "lib");
  if (await writable(lib)) {
    for (const { source, target } of missing) {
      await link(relative(dirname(join(root, target)), join(root, source)), join(root, target));
    }
    return {};
  }
  await mkdir(linksDirectory, { recursive: true });
  // The server's user reads them, whatever our umask is.
  await chmod(linksDirectory, 0o755);
  for (const { source, target } of links) {
    await link(join(root, source), join(linksDirectory, basename(target)));
  }
  // Both, since a program's own search path ($ORIGIN/../lib) is not that of the libraries that it loads by a link.
  return { LD_LIBRARY_PATH: `${linksDirectory}:${lib}` };
}

async function listLinks(binaries: Binaries): Promise<readonly Link[]> {
  const file = join(binaries.native, "pg-symlinks.json");
  const parsed: unknown = JSON.parse(
    await readFile(file, "utf8").catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return "[]";
      throw error;
    }),
  );
  const root = dirname(binaries.native);
  if (!Array.isArray(parsed) || !parsed.every((entry) => isLinkBelow(entry, root))) {
    throw new EmbeddedError("binaries_unusable", `unexpected contents of "${file}"`, {
      hint: `Install ${binaries.packageName} anew.`,
    });
  }
  return parsed;
}

function isLinkBelow(entry: unknown, root: string): entry is Link {
  if (typeof entry !== "object" || entry === null) return false;
  if (!("source" in entry && "target" in entry)) return false;
  return [entry.source, entry.target].every(
    (path) => typeof path === "string" && resolve(root, path).startsWith(root + sep),
  );
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

async function writable(directory: string): Promise<boolean> {
  return await access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function link(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
