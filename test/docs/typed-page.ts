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

export interface TypingOptions {
  /** Of the page, each with the one that stands for it here; the gate's own is among them already. */
  readonly ports?: Readonly<Record<string, number>>;
  /** For the shell, besides; in a directory. */
  readonly environment?: (directory: string) => Readonly<Record<string, string>>;
  /** Where to find programs, behind the usual places. */
  readonly path?: string;
  /** Ends what the page has started and has not ended, as when it did not get that far. */
  readonly atEnd?: (directory: string) => Promise<void>;
}

/** Types the shell blocks of a page one after another, in a directory with a demo gate that runs. */
export async function typePage(
  path: string,
  { ports = {}, environment, path: more, atEnd }: TypingOptions = {},
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
  const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
  const here = (text: string): string =>
    Object.entries({ 6432: port, ...ports }).reduce(
      (sofar, [written, actual]) => sofar.replaceAll(written, String(actual)),
      text,
    );
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!COMPILE_CACHE)|VITEST|SALLYPORT_|PG|KRB5)/i.test(name),
  );
  const env = {
    ...Object.fromEntries(ours),
    ...environment?.(room.path),
    PATH: ["/usr/lib/postgresql/15/bin", process.env["PATH"], more].filter(Boolean).join(":"),
    npm_config_loglevel: "error",
  };
  // What is left in the background ends with the shell, whatever happened.
  const ended = "trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT\n";
  const { status, stdout, stderr } = await command("/bin/bash", ["-ec", ended + here(script)], {
    cwd: room.path,
    env,
    timeoutMs: 120_000,
  });
  await atEnd?.(room.path);
  const printed = stdout.split(boundary);
  return {
    status,
    stderr,
    log: gate.output(),
    blocks: blocks.map(({ expected }, at) => ({
      printed: printed[at],
      expected: outputPattern(here(expected)),
    })),
  };
}
