import { expect, test } from "vitest";
import { typePage } from "./typed-page.ts";

test("the five minutes of docs/tls.md go as it says, typed one after another", async () => {
  const { blocks, status, stderr } = await typePage("docs/tls.md");
  expect([stderr, status]).toEqual(["", 0]);
  for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
}, 150_000);
