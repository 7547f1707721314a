import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "@sallyport/testkit";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/methods/ldap.md go as it says, typed one after another", async () => {
  const { blocks, log, status, stderr } = await typePage("docs/methods/ldap.md", {
    ports: { 3389: await freePort() },
    atEnd: async (directory) => {
      const pidFile = join(directory, "ldap", "slapd.pid");
      if (existsSync(pidFile)) process.kill(Number(await readFile(pidFile, "utf8")));
    },
  });
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  expect(log).toContain("method=ldap");
  expect(log).not.toContain("directory-secret");
}, 150_000);
