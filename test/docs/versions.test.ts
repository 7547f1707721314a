import { expect, test } from "vitest";
import { history } from "../../packages/policy/src/versions/history.ts";
import { readPage } from "./page.ts";

const row = /^\| `(\w+)` \| .+ \| ([\d., ]+) \|$/gm;

test("docs/versions.md has each difference between the versions, with its releases", () => {
  const told = [...readPage("docs/versions.md").matchAll(row)].map(([, key, releases]) => [key, releases]);
  const known = Object.entries(history).map(([key, changes]) => {
    const [, ...later] = changes;
    return [key, later.map(([since]) => since).join(", ")];
  });
  expect(told).toEqual(known);
});
