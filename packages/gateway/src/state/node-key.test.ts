import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeKey } from "./node-key.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sp-key-"));
  path = join(directory, "node.key");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

test("is made once, of 32 bytes, for its owner alone", async () => {
  const key = await nodeKey(path);
  expect(key).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await nodeKey(path)).toEqual(key);
  expect(await readdir(directory)).toEqual(["node.key"]);
  await rm(path);
  expect(await nodeKey(path)).not.toEqual(key);
});

test.each([0, 31, 33])("of %i bytes is refused: its salts could be foreseen", async (length) => {
  await writeFile(path, Buffer.alloc(length));
  await expect(nodeKey(path)).rejects.toThrow(`"${path}" must have 32 bytes, and has ${length}`);
});

test("that cannot be written is an error", async () => {
  await expect(nodeKey(join(directory, "no", "node.key"))).rejects.toMatchObject({ code: "ENOENT" });
});
