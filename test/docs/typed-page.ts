import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command, freePort, tempDirectory } from "@sallyport/testkit";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const boundary = "\u0001";

export interface TypedPage {
  readonly status: number | null;
  readonly stderr: string;
  /** Of the gate. */
  readonly log: string;
  /** What each block has printed, and the pattern of what the page says that it prints. */
  readonly blocks: readonly { readonly printed: string | undefined; readonly expected: RegExp }[];
}

/**
 * Types the shell blocks of a page one after another, in a directory with a demo gate that runs.
 *
 * @param ports of the page, each with the one that stands for it here; the gate's own is among them already
 */
export async function typePage(
  path: string,
  ports: Readonly<Record<string, number>> = {},
): Promise<TypedPage> {
  const blocks = shellBlocks(readPage(path));
  await using room = await tempDirectory(0o711);
  const port = await freePort();
  for (const name of ["package.json", ".npmrc", "node_modules", "tsconfig.base.json"])
    await symlink(join(root, name), join(room.path, name));
  const directory = join(room.path, "gate");
  const made = await sallyport(["init", "-D", directory, "--demo"]);
  if (made.status !== 0) throw new Error(made.stderr);
  const conf = join(directory, "sallyport.conf");
  const settings = (await readFile(conf, "utf8")).replace(/^port = .*$/m, `port = ${port}`);
  await writeFile(conf, settings.replace(/^unix_socket_directories = .*$/m, "unix_socket_directories = ''"));
  await using gate = await serve(["-D", directory]);
  let script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
  for (const [written, here] of Object.entries({ 6432: port, ...ports }))
    script = script.replaceAll(written, String(here));
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|SALLYPORT_|PG)/i.test(name),
  );
  const env = {
    ...Object.fromEntries(ours),
    PATH: `/usr/lib/postgresql/15/bin:${process.env["PATH"] ?? ""}`,
    npm_config_loglevel: "error",
  };
  // What is left in the background ends with the shell, whatever happened.
  const ended = "trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT\n";
  const { status, stdout, stderr } = await command("/bin/bash", ["-ec", ended + script], {
    cwd: room.path,
    env,
    timeoutMs: 120_000,
  });
  const printed = stdout.split(boundary);
  return {
    status,
    stderr,
    log: gate.output(),
    blocks: blocks.map(({ expected }, at) => ({ printed: printed[at], expected: outputPattern(expected) })),
  };
}
