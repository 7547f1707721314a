import { expect, test } from "vitest";
import { takeIdentPort } from "../../packages/gateway/test/methods/ident-port.ts";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/methods/ident.md go as it says, typed one after another", async ({ skip }) => {
  await using port = await takeIdentPort();
  skip(!port.usable, "somebody listens on port 113");
  const { blocks, log, status, stderr } = await typePage("docs/methods/ident.md");
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  expect(log).toContain('identity="nobody" method=ident');
}, 450_000);
