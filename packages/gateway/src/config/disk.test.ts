import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemDisk } from "./disk.ts";

describe("systemDisk", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sallyport-disk-"));
    await writeFile(join(directory, "a.conf"), Buffer.from([0x61, 0xff]));
    await chmod(join(directory, "a.conf"), 0o640);
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  it("gives bytes, permissions and owner", async () =>
    expect(await systemDisk.readFile(join(directory, "a.conf"))).toEqual({
      bytes: "a\u00ff",
      mode: 0o640,
      uid: process.geteuid?.(),
    }));

  it.each([
    ["none", "ENOENT"],
    ["", "EISDIR"],
    ["/dev/null", "EINVAL"],
  ])("gives a reason for %j", async (name, code) =>
    expect(await systemDisk.readFile(resolve(directory, name))).toMatchObject({ openError: { code } }),
  );

  it("lists directories", async () => {
    expect(await systemDisk.readDirectory(directory)).toMatchObject({
      entries: expect.arrayContaining([{ name: "a.conf", kind: "file" }]),
    });
    expect(await systemDisk.readDirectory(join(directory, "none"))).toMatchObject({
      openError: { code: "ENOENT", reason: "No such file or directory" },
    });
  });
});
