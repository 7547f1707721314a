import { readFile, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command, freePort, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import type { Running } from "../../packages/sallyport/test/cli.ts";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const blocks = shellBlocks(readPage("docs/methods/ldap.md"));
const boundary = "\u0001";

let room: TempDirectory;
let gate: Running;
let port: number;

beforeAll(async () => {
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
  // The page ends its server itself, unless it did not get that far.
  const pidFile = join(room.path, "ldap", "slapd.pid");
  if (existsSync(pidFile)) process.kill(Number(await readFile(pidFile, "utf8")));
  await room?.remove();
});

test("the five minutes of docs/methods/ldap.md go as it says, typed one after another", async () => {
  const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|SALLYPORT_|PG)/i.test(name),
  );
  const path = `/usr/lib/postgresql/15/bin:${process.env["PATH"] ?? ""}`;
  const ports = script.replaceAll("6432", String(port)).replaceAll("3389", String(await freePort()));
  const { status, stdout, stderr } = await command("/bin/sh", ["-ec", ports], {
    cwd: room.path,
    env: { ...Object.fromEntries(ours), PATH: path, npm_config_loglevel: "error" },
    timeoutMs: 120_000,
  });
  expect([stderr, status]).toEqual(["", 0]);
  const outputs = stdout.split(boundary);
  for (const [at, { expected }] of blocks.entries()) expect(outputs[at]).toMatch(outputPattern(expected));
}, 150_000);
