import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../secret.ts";
import type { ConnectionOptions, HostTarget } from "./options.ts";
import { findPassword, readPasswordFile } from "./passfile.ts";

describe("the file", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sallyport-wire-"));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  test("is read if nobody else may read it", async () => {
    const path = join(directory, "good");
    await writeFile(path, "h:5432:d:u:p\n", { mode: 0o600 });
    expect(await readPasswordFile(path)).toEqual({ text: "h:5432:d:u:p\n", warning: null });
  });

  test("is not used, with a warning, if group or others may", async () => {
    const path = join(directory, "open");
    await writeFile(path, "h:5432:d:u:p\n");
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      expect(await readPasswordFile(path)).toEqual({
        text: "",
        warning: `password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
      });
    }
  });

  test("must be a plain file, and need not exist", async () => {
    const fifo = join(directory, "fifo");
    await promisify(execFile)("mkfifo", ["-m", "600", fifo]);
    for (const path of [directory, fifo]) {
      expect(await readPasswordFile(path)).toEqual({
        text: "",
        warning: `password file "${path}" is not a plain file`,
      });
    }
    expect(await readPasswordFile(join(directory, "none"))).toEqual({ text: "", warning: null });
  });

  test("is an error if it is larger than one megabyte", async () => {
    const path = join(directory, "large");
    await writeFile(path, "#".repeat(1024 * 1024), { mode: 0o600 });
    expect((await readPasswordFile(path)).text).toHaveLength(1024 * 1024);
    await writeFile(path, "#".repeat(1024 * 1024 + 1));
    await expect(readPasswordFile(path)).rejects.toMatchObject({
      code: "invalid_conninfo",
      message: `password file "${path}" is larger than 1 MB`,
    });
  });
});

describe("the password of a host", () => {
  const text = "a:1:d:u:pa\nlocalhost:1:d:u:pl\na:1:replication:u:pr";
  const read = async () => await Promise.resolve({ text, warning: "beware" });
  const options: ConnectionOptions = {
    hosts: [],
    user: "u",
    database: "d",
    passfile: "/f",
    socketDirectory: "/tmp",
  };
  const found = async (target: HostTarget, more: Partial<ConnectionOptions> = {}) => {
    const { password, warning } = await findPassword({ ...options, ...more }, target, read);
    return [password?.reveal() ?? null, warning];
  };

  test("is in the password file; the default socket directory is called localhost", async () => {
    expect(await found({ host: "a", port: 1 })).toEqual(["pa", "beware"]);
    expect(await found({ host: "/tmp", port: 1 })).toEqual(["pl", "beware"]);
    expect(await found({ host: "/elsewhere", port: 1 })).toEqual([null, "beware"]);
    expect(await found({ host: "a", port: 2 })).toEqual([null, "beware"]);
  });

  test("of physical replication is that of the database replication", async () => {
    expect(await found({ host: "a", port: 1 }, { database: "" })).toEqual(["pr", "beware"]);
  });

  test("is the one that is given, and then no file is looked at", async () => {
    expect(await found({ host: "a", port: 1, password: new Secret("given") })).toEqual(["given", null]);
    expect(await found({ host: "a", port: 1 }, { passfile: null })).toEqual([null, null]);
  });
});
