import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { command, tempDirectory } from "@sallyport/testkit";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

/** Stands between the output of two blocks; no command prints it. */
const boundary = "\u0001";

export interface OfflinePage {
  readonly status: number | null;
  readonly stderr: string;
  /** What each block has printed, and the pattern of what the page says that it prints. */
  readonly blocks: readonly { readonly printed: string | undefined; readonly expected: RegExp }[];
}

/** Types the shell blocks of a page that needs no server, one after another, in a directory that looks like the checkout. */
export async function typeOffline(path: string): Promise<OfflinePage> {
  const blocks = shellBlocks(readPage(path));
  await using room = await tempDirectory();
  for (const name of ["package.json", ".npmrc", "node_modules"]) {
    await symlink(join(root, name), join(room.path, name));
  }
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!COMPILE_CACHE)|VITEST|SALLYPORT_|PG|GIT_)/i.test(name),
  );
  const { status, stdout, stderr } = await command(
    "/bin/sh",
    ["-c", blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("")],
    {
      cwd: room.path,
      env: { ...Object.fromEntries(ours), npm_config_loglevel: "error" },
      timeoutMs: 120_000,
    },
  );
  const printed = stdout.split(boundary);
  return {
    status,
    stderr,
    blocks: blocks.map(({ expected }, at) => ({ printed: printed[at], expected: outputPattern(expected) })),
  };
}
