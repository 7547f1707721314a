import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { canMount, command, freePort, tempDirectory } from "@sallyport/testkit";
import { commandLine, sallyport } from "../../packages/sallyport/test/cli.ts";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const blocks = shellBlocks(readPage("docs/methods/pam.md"));
const boundary = "\u0001";

test.skipIf(!canMount)(
  "the five minutes of docs/methods/pam.md go as it says, typed one after another",
  async () => {
    await using room = await tempDirectory(0o711);
    const port = await freePort();
    for (const name of ["package.json", ".npmrc", "node_modules", "tsconfig.base.json"])
      await symlink(join(root, name), join(room.path, name));
    const [directory, etc] = [join(room.path, "gate"), join(room.path, "etc")];
    const made = await sallyport(["init", "-D", directory, "--demo"]);
    if (made.status !== 0) throw new Error(made.stderr);
    const conf = join(directory, "sallyport.conf");
    const settings = (await readFile(conf, "utf8")).replace(/^port = .*$/m, `port = ${port}`);
    await writeFile(
      conf,
      settings.replace(/^unix_socket_directories = .*$/m, "unix_socket_directories = ''"),
    );
    // Users and services of its own: a copy of /etc in its place, for the gateway and the shell alone.
    await cp("/etc", etc, { recursive: true, verbatimSymlinks: true });

    const serve = `mount --bind "$1" /etc; shift; exec "$@"`;
    const node = [process.execPath, ...commandLine, "serve", "-D", directory];
    const gate = spawn(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-ec", serve, "sh", etc, ...node],
      {
        env: ours(),
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const ended = once(gate, "exit");
    try {
      await ready(gate);
      const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
      const { status, stdout, stderr } = await command(
        "nsenter",
        [
          "-t",
          String(gate.pid),
          "-m",
          `--wd=${room.path}`,
          "sh",
          "-ec",
          script.replaceAll("6432", String(port)),
        ],
        {
          env: {
            ...ours(),
            PATH: `/usr/lib/postgresql/15/bin:${process.env["PATH"]}`,
            npm_config_loglevel: "error",
          },
          timeoutMs: 120_000,
        },
      );
      expect([stderr, status]).toEqual(["", 0]);
      const outputs = stdout.split(boundary);
      for (const [at, { expected }] of blocks.entries()) expect(outputs[at]).toMatch(outputPattern(expected));
    } finally {
      gate.kill("SIGQUIT");
      await ended;
    }
  },
  150_000,
);

async function ready(gate: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  let said = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("ready to accept connections")) resolve();
  });
  await Promise.race([promise, once(gate, "exit")]);
  if (gate.exitCode !== null) throw new Error(`it ended before it was ready:\n${said}`);
}

function ours(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!COMPILE_CACHE)|VITEST|SALLYPORT_|PG)/i.test(name),
  );
  return Object.fromEntries(kept);
}
