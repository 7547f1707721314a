import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command, freePort, startKdc, tempDirectory } from "@sallyport/testkit";
import type { Kdc, TempDirectory } from "@sallyport/testkit";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import type { Running } from "../../packages/sallyport/test/cli.ts";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const blocks = shellBlocks(readPage("docs/methods/gss.md"));
const boundary = "\u0001";

let room: TempDirectory;
let kdc: Kdc;
let gate: Running;
let port: number;

beforeAll(async () => {
  kdc = await startKdc({ users: ["app"], services: [] });
  [room, port] = [await tempDirectory(0o711), await freePort()];
  for (const name of ["package.json", ".npmrc", "node_modules", "tsconfig.base.json"])
    await symlink(join(root, name), join(room.path, name));
  const directory = join(room.path, "gate");
  const made = await sallyport(["init", "-D", directory, "--demo"]);
  if (made.status !== 0) throw new Error(made.stderr);
  const conf = join(directory, "sallyport.conf");
  const settings = (await readFile(conf, "utf8")).replace(/^port = .*$/m, `port = ${port}`);
  await writeFile(conf, settings.replace(/^unix_socket_directories = .*$/m, "unix_socket_directories = ''"));
  gate = await serve(["-D", directory]);
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await room?.remove();
  await kdc?.[Symbol.asyncDispose]();
});

test("the five minutes of docs/methods/gss.md go as it says, typed one after another", async () => {
  const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|SALLYPORT_|PG|KRB5)/i.test(name),
  );
  const PATH = `/usr/lib/postgresql/15/bin:${process.env["PATH"] ?? ""}:/usr/sbin`;
  const KRB5CCNAME = `FILE:${join(room.path, "ticket")}`;
  const { status, stdout, stderr } = await command(
    "/bin/sh",
    ["-ec", script.replaceAll("6432", String(port))],
    {
      cwd: room.path,
      env: {
        ...Object.fromEntries(ours),
        ...kdc.administrator,
        PATH,
        KRB5CCNAME,
        npm_config_loglevel: "error",
      },
      timeoutMs: 120_000,
    },
  );
  expect([stderr, status]).toEqual(["", 0]);
  const outputs = stdout.split(boundary);
  for (const [at, { expected }] of blocks.entries())
    expect(outputs[at]).toMatch(outputPattern(expected.replaceAll("6432", String(port))));
}, 150_000);
