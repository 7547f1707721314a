import { expect, test } from "vitest";
import { cases } from "../../bench/cases/index.ts";
import { readPage } from "./page.ts";

/** The text of a section of a page, up to the next heading. */
function section(page: string, heading: string): string {
  const from = page.indexOf(`### ${heading}\n`);
  return page.slice(from, page.indexOf("\n### ", from + 1));
}

test("performance.md has each case of the benchmarks, and no other", () => {
  const rows = section(readPage("docs/performance.md"), "The cases").matchAll(/^\| (`[^|]+`) \|/gm);
  const named = [...rows].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(new Set(named)).toEqual(new Set(cases.map(({ name }) => name)));
});
