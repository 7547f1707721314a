import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command, tempDirectory } from "@sallyport/testkit";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const boundary = "\u0001";

test("the three minutes of docs/fmt.md go as it says, typed one after another", async () => {
  const blocks = shellBlocks(readPage("docs/fmt.md"));
  expect(blocks.length).toBeGreaterThan(3);
  await using room = await tempDirectory();
  for (const name of ["package.json", ".npmrc", "node_modules"]) {
    await symlink(join(root, name), join(room.path, name));
  }
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|SALLYPORT_|PG|GIT_)/i.test(name),
  );
  const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
  const { status, stdout, stderr } = await command("/bin/sh", ["-ec", script], {
    cwd: room.path,
    env: { ...Object.fromEntries(ours), npm_config_loglevel: "error" },
    timeoutMs: 60_000,
  });
  expect([stderr, status]).toEqual(["", 0]);
  const printed = stdout.split(boundary);
  for (const [at, { expected }] of blocks.entries()) expect(printed[at]).toMatch(outputPattern(expected));
}, 90_000);
