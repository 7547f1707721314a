import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const place = new URL("../../docs/seeds.md", import.meta.url);
const page = readFileSync(place, "utf8");

interface Row {
  readonly number: string;
  readonly statement: string;
  readonly holds: string;
  readonly shownBy: string;
}

const rows: Row[] = [...page.matchAll(/^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, number = "", statement = "", holds = "", shownBy = ""]) => ({ number, statement, holds, shownBy }),
);

/** `[title][file]`, with `[file]: path` further below. */
const paths = new Map(
  [...page.matchAll(/^\[(.+)\]: (.+)$/gm)].map(([, name = "", path = ""]) => [name, path]),
);
const links = new Map(
  [...page.matchAll(/\[([^\]]+)\]\[([^\]]+)\]/g)].map(([link, title = "", name = ""]) => [
    link,
    { title, name },
  ]),
);

/** Is there a test, or a group of tests, of this title? What `%s` adds to it does not count. */
function holdsTest(source: string, title: string): boolean {
  const quoted = JSON.stringify(title)
    .slice(1, -1)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?:\b(?:test|it|describe)|\))\(\s*"${quoted}(?:: %s)?",`).test(source);
}

describe("docs/seeds.md", () => {
  test.each([
    ["P", 9],
    ["M", 40],
    ["H", 100],
  ] as const)("numbers the statements of its tables without a gap: %s", (letter, least) => {
    const numbers = rows.map(({ number }) => number).filter((number) => number.startsWith(letter));
    expect(numbers).toEqual(numbers.map((_, at) => `${letter}${at + 1}`));
    expect(numbers.length).toBeGreaterThanOrEqual(least);
  });

  test("lists at its end what it marks as contradicted or outgrown", () => {
    const marked = rows.filter(({ holds }) => holds.startsWith("! ")).map(({ number }) => number);
    const end = page.slice(page.indexOf("## What PostgreSQL 18 does otherwise"));
    const listed = [...end.matchAll(/^\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|/gm)].flatMap(([, one = ""]) =>
      one.split(", "),
    );
    expect(listed).toEqual(marked);
  });

  test("has no row that is not read here", () => {
    const tables = page.slice(0, page.indexOf("## What PostgreSQL 18 does otherwise"));
    const lines = tables.split("\n").filter((line) => /^\|(?! No \||(?: --- \|)+$)/.test(line));
    expect(lines).toHaveLength(rows.length);
  });

  test("names for every statement a test that shows it, the issue that will, or why there is none", () => {
    for (const { number, shownBy } of rows) {
      expect(`${number}: ${shownBy}`).toMatch(/\]\[|issue [2-9]\b|^\w+: none: /);
    }
  });

  test("says for every statement in which versions it holds", () => {
    for (const { number, holds } of rows)
      expect(`${number}: ${holds}`).toMatch(/: !? ?\d\d(?:-\d\d)?(?:;|$)/);
  });

  test.each([...links.values()])("names a test that exists: $title", ({ title, name }) => {
    const file = new URL(paths.get(name) ?? `nothing is called ${name}`, place);
    expect(existsSync(file)).toBe(true);
    expect(holdsTest(readFileSync(file, "utf8"), title)).toBe(true);
  });
});
