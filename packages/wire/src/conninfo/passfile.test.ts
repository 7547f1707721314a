import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../secret.ts";
import { lookUpPassword, readPasswordFile, withPasswordFile } from "./passfile.ts";

const key = { host: "h", port: 5432, database: "d", user: "u" };

test.each([
  ["h:5432:d:u:p", "p"],
  ["*:*:*:*:p", "p"],
  ["x:5432:d:u:1\nh:5432:d:u:2\nh:5432:d:u:3", "2"],
  ["#h:5432:d:u:no\nh:5432:d:u:p\r\n", "p"],
  ["\n\nh:5432:d:u:a\\:b\\\\c", "a:b\\c"],
  ["h:5432:d:u:a:b", "a"],
  ["\\h:5432:d:u:p", "p"],
  ["h:5432:d:u:", ""],
  ["h:5432:d:u:p\\", "p\\"],
  ["h:5432:d:u", null],
  ["h*:5432:d:u:p", null],
  ["\\*:5432:d:u:p", null],
  ["h:5433:d:u:p", null],
  ["h:5432:d:U:p", null],
  ["", null],
])("%j gives %j", (text, password) => {
  expect(lookUpPassword(text, key)?.reveal() ?? null).toBe(password);
});

test("an escaped asterisk or colon in a name is itself", () => {
  expect(lookUpPassword("\\*:5432:d:a\\:b:p", { ...key, host: "*", user: "a:b" })?.reveal()).toBe("p");
});

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
    expect((await readPasswordFile(directory)).warning).toBe(
      `password file "${directory}" is not a plain file`,
    );
    expect(await readPasswordFile(join(directory, "none"))).toEqual({ text: "", warning: null });
  });
});

const notRead = () => Promise.reject(new Error("read"));
const read = async () => ({ text: "a:1:d:u:pa\nlocalhost:1:d:u:pl", warning: "beware" });

test("each host has its own password; the default socket directory is called localhost", async () => {
  const hosts = [
    { host: "a", port: 1 },
    { host: "/tmp", port: 1 },
    { host: "b", port: 1 },
    { host: "a", port: 1, password: new Secret("given") },
  ];
  const found = await withPasswordFile({ hosts, user: "u", database: "d", passfile: "/f" }, "/tmp", read);
  expect(found.options.hosts.map(({ password }) => password?.reveal() ?? null)).toEqual([
    "pa",
    "pl",
    null,
    "given",
  ]);
  expect(found.warning).toBe("beware");
});

test("the file is not even looked at if all passwords are given", async () => {
  const hosts = [{ host: "a", port: 1, password: new Secret("p") }];
  const options = { hosts, user: "u", database: "d", passfile: "/f" };
  expect((await withPasswordFile(options, "/tmp", notRead)).options).toBe(options);
});
