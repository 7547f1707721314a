import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TempDirectory } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outputPattern, readPage, root, shellBlocks } from "./page.ts";

const blocks = shellBlocks(readPage("README.md"));

/** Stands between the output of two blocks; no command prints it. */
const boundary = "\u0001";

/** A directory that looks like the root of the checkout, so that what the tour makes there goes away with it. */
async function likeTheCheckout(): Promise<TempDirectory> {
  const directory = await tempDirectory();
  for (const name of ["package.json", ".npmrc", "node_modules", "tsconfig.base.json"]) {
    await symlink(join(root, name), join(directory.path, name));
  }
  return directory;
}

/** What an interactive shell has: nothing of the `npm` and the test runner that started us. */
function shellEnvironment(): Record<string, string | undefined> {
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!COMPILE_CACHE)|VITEST|SALLYPORT_|PG)/i.test(name),
  );
  // Only npm's own warnings about this machine's set-up are silenced.
  return { ...Object.fromEntries(ours), npm_config_loglevel: "error" };
}

describe("the tour of README.md, typed by one shell in the root of a checkout", () => {
  let directory: TempDirectory;
  let result: CommandResult;
  let outputs: readonly string[];

  beforeAll(async () => {
    directory = await likeTheCheckout();
    const script = blocks.map(({ commands }) => `${commands}printf '${boundary}'\n`).join("");
    result = await command("/bin/sh", ["-c", script], {
      cwd: directory.path,
      env: shellEnvironment(),
      timeoutMs: 180_000,
    });
    outputs = result.stdout.split(boundary);
  }, 200_000);
  afterAll(async () => {
    await directory[Symbol.asyncDispose]();
  });

  test("has blocks, and every one runs to its end without a complaint", () => {
    expect(blocks.length).toBeGreaterThan(5);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(outputs).toHaveLength(blocks.length + 1);
  });

  test.each(blocks.map((block, at) => ({ ...block, at })))(
    "prints what the page says, line $line",
    ({ at, expected }) => {
      expect(outputs[at]).toMatch(outputPattern(expected));
    },
  );
});

test("the program of the tour has no error of type", async () => {
  const source = blocks
    .map(({ commands }) => /^cat > who\.ts <<'EOT'\n(.*?)^EOT$/ms.exec(commands)?.[1])
    .find((text) => text !== undefined);
  expect(source).toBeDefined();
  await using directory = await likeTheCheckout();
  await writeFile(join(directory.path, "who.ts"), source ?? "");
  const settings = {
    extends: "./tsconfig.base.json",
    compilerOptions: { noEmit: true, isolatedDeclarations: false, declaration: false },
    files: ["who.ts"],
  };
  await writeFile(join(directory.path, "tsconfig.json"), JSON.stringify(settings));
  const checked = await command("npx", ["--no-install", "tsc", "-p", "."], {
    cwd: directory.path,
    env: shellEnvironment(),
    timeoutMs: 60_000,
  });
  expect(checked).toMatchObject({ status: 0, stdout: "" });
});

describe("README.md names", () => {
  test("the commands that there are, and no other", async () => {
    const main = await readFile(join(root, "packages/sallyport/src/main.ts"), "utf8");
    const made = [...main.matchAll(/^ {2}\["(\w+)", async/gm)].map(([, name]) => name);
    const table = /^## Commands$(.*?)^## /ms.exec(readPage("README.md"))?.[1] ?? "";
    const named = [...table.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(made));
    expect(named.length).toBeGreaterThan(0);
  });
});
