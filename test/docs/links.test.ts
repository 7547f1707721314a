import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readPage, root } from "./page.ts";

const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "deploy/*.md"], {
  cwd: root,
}).toSorted();

/** Links into this repository, without the part behind `#`. */
function localLinks(page: string): string[] {
  const inline = [...page.matchAll(/\]\(([^)\s]+)\)/g)];
  const reference = [...page.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return [...inline, ...reference]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

test("there are pages to look at", () => {
  expect(pages).toContain("README.md");
  expect(pages.filter((page) => page.startsWith("docs/")).length).toBeGreaterThan(5);
});

test.each(pages)("%s links to what is there", (page) => {
  const broken = localLinks(readPage(page)).filter(
    (target) => !existsSync(join(root, dirname(page), target)),
  );
  expect(broken).toEqual([]);
});

test.each(pages)("%s is plain text: ASCII, no trailing blanks", (page) => {
  const odd = readPage(page)
    .split("\n")
    .filter((line) => /[^\x20-\x7e]|[ \t]$/.test(line));
  expect(odd).toEqual([]);
});
