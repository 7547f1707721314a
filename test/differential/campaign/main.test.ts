import { fileURLToPath } from "node:url";
import { command } from "@sallyport/testkit";
import type { CommandResult } from "@sallyport/testkit";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

async function differential(...args: readonly string[]): Promise<CommandResult> {
  const node = ["--conditions=sallyport-source", main];
  return await command(process.execPath, [...node, ...args], { timeoutMs: 120_000 });
}

test("npm run differential prints its seed, its figures and the end", { timeout: 150_000 }, async () => {
  const { status, stdout, stderr } = await differential(
    "--minutes",
    "0",
    "--only",
    "compiled",
    "--seed",
    "5",
  );
  expect(stderr).toBe("");
  expect(stdout).toContain("0 minutes, seed 5\n");
  expect(stdout).toMatch(/^attempts +the plain list of rules +200 +0 +0 +\d+$/m);
  expect(stdout).toMatch(/\ndifferential: no difference, seed 5\n$/);
  expect(status).toBe(0);
});

test("what it does not understand is refused, with its usage", { timeout: 150_000 }, async () => {
  const { status, stderr } = await differential("--minutes", "1", "--only", "view");
  expect(stderr).toContain('"view" is none of views, decisions, maps, witnesses, regex, compiled');
  expect(stderr).toContain("Usage: npm run differential -- --minutes N");
  expect(status).toBe(2);
});
