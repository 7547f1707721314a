import { command } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { readPage, root } from "./page.ts";

test("docs/settings.md is what the table of settings says", async () => {
  const made = await command(process.execPath, ["--conditions=sallyport-source", "tools/settings-page.mjs"], {
    cwd: root,
  });
  expect(made).toMatchObject({ status: 0, stderr: "" });
  expect(readPage("docs/settings.md"), "the page is old: npm run docs").toBe(made.stdout);
});
