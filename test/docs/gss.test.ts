import { join } from "node:path";
import { expect, test } from "vitest";
import { startKdc } from "@sallyport/testkit";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/methods/gss.md go as it says, typed one after another", async () => {
  await using kdc = await startKdc({ users: ["app"], services: [] });
  const { blocks, log, status, stderr } = await typePage("docs/methods/gss.md", {
    environment: (directory) => ({ ...kdc.administrator, KRB5CCNAME: `FILE:${join(directory, "ticket")}` }),
    path: "/usr/sbin",
  });
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  expect(log).toContain("method=gss");
}, 150_000);
