import { freePort } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/methods/radius.md go as it says, typed one after another", async () => {
  const { blocks, log, status, stderr } = await typePage("docs/methods/radius.md", {
    ports: { 1812: await freePort() },
  });
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  expect(log).toContain("method=radius");
  expect(log).not.toMatch(/change-this-secret|from-radius/);
}, 150_000);
