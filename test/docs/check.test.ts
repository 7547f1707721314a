import { findingKinds } from "@sallyport/gateway";
import { expect, test } from "vitest";
import { readPage } from "./page.ts";

test("docs/check.md has the findings that there are, in their order", () => {
  const rows = readPage("docs/check.md")
    .split("\n")
    .flatMap((line) => {
      const [, id, severity, what, toDo] = /^\| `([a-z-]+)` \| (\w+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
      return id === undefined ? [] : [[id, { severity, what, toDo }]];
    });
  expect(rows).toEqual(Object.entries(findingKinds));
});

test("every finding has a test of its own", () => {
  const files = [
    "check",
    "check-auth-file",
    "check-gss",
    "check-oauth",
    "check-places",
    "check-tls",
    "check-upstream",
  ];
  const tests = files.map((name) => readPage(`packages/sallyport/test/${name}.test.ts`)).join("");
  const without = Object.keys(findingKinds).filter((id) => !new RegExp(String.raw`\b${id}\b`).test(tests));
  expect(without).toEqual([]);
});
