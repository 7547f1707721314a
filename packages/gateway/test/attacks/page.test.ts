import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const place = new URL("../../../../docs/attacks.md", import.meta.url);
const page = readFileSync(place, "utf8");

/** Number and last column of each row. */
const rows = [...page.matchAll(/^\| ([A-Z]\d+) \|.* \| ([^|]+) \|$/gm)].map(
  ([, number = "", shownBy = ""]) => ({ number, shownBy }),
);
/** `[title][file]`, with `[file]: path` further below. */
const paths = new Map(
  [...page.matchAll(/^\[(.+)\]: (.+)$/gm)].map(([, name = "", path = ""]) => [name, path]),
);
const links = [...page.matchAll(/\[([^\]]+)\]\[([^\]]+)\]/g)].map(([, title = "", name = ""]) => ({
  title,
  name,
}));

/** Is there a test, or a group of tests, of this title? What `%s` adds to it at either end does not count. */
function holdsTest(source: string, title: string): boolean {
  const quoted = JSON.stringify(title)
    .slice(1, -1)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?:\b(?:test|describe)|\))\(\s*"(?:[a-z]+ %s: )?${quoted}(?:: %s)?",`).test(
    source,
  );
}

describe("docs/attacks.md", () => {
  test("numbers its rows without a gap", () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const letter of new Set(rows.map(({ number }) => number.charAt(0)))) {
      const numbers = rows.filter(({ number }) => number.startsWith(letter)).map(({ number }) => number);
      expect(numbers).toEqual(numbers.map((_, at) => `${letter}${at + 1}`));
    }
  });

  test("names a test in each row", () => {
    expect(rows.filter(({ shownBy }) => !shownBy.includes("][")).map(({ number }) => number)).toEqual([]);
  });

  test("has no row that is not read here", () => {
    const tables = page.slice(0, page.indexOf("## Hunts"));
    const lines = tables.split("\n").filter((line) => /^\|(?! No \||(?: --- \|)+$)/.test(line));
    expect(lines).toHaveLength(rows.length);
  });

  test.for([...new Map(links.map((link) => [`${link.name} ${link.title}`, link])).values()])(
    "names a test that exists: $title",
    ({ title, name }) => {
      const file = new URL(paths.get(name) ?? `nothing is called ${name}`, place);
      expect(existsSync(file)).toBe(true);
      expect(holdsTest(readFileSync(file, "utf8"), title)).toBe(true);
    },
  );

  test("has no file that no row names", () => {
    const named = new Set(links.map(({ name }) => name));
    expect([...paths.keys()].filter((name) => !named.has(name))).toEqual([]);
  });
});
