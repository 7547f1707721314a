import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command, freePort } from "@sallyport/testkit";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/methods/ldap.md go as it says, typed one after another", async () => {
  const { blocks, log, status, stderr } = await typePage("docs/methods/ldap.md", {
    ports: { 3389: await freePort() },
    atEnd: async (directory) => {
      // It removes the file when it has been told to end, which takes it a moment.
      const pid = await readFile(join(directory, "ldap", "slapd.pid"), "utf8").catch(() => null);
      if (pid !== null) await command("kill", [pid.trim()]);
    },
  });
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  expect(log).toContain("method=ldap");
  expect(log).not.toContain("directory-secret");
}, 150_000);
