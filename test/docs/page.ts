import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The text of a page, by its path from the root. */
export function readPage(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

/** A fenced shell block, and what the page says that it prints: nothing, unless a `text` block follows. */
export interface ShellBlock {
  readonly line: number;
  readonly commands: string;
  readonly expected: string;
}

export interface Block {
  readonly language: string;
  readonly line: number;
  readonly body: string;
}

/** The `sh` blocks of a page in order, each with the `text` block that follows it. */
export function shellBlocks(page: string): ShellBlock[] {
  const blocks = fencedBlocks(page);
  return blocks.flatMap(({ language, line, body }, at) => {
    if (language !== "sh") return [];
    const next = blocks[at + 1];
    return [{ line, commands: body, expected: next?.language === "text" ? next.body : "" }];
  });
}

export function fencedBlocks(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ index, 1: language = "", 2: body = "" }) => ({
    language,
    line: page.slice(0, index).split("\n").length + 1,
    body,
  }));
}

/** What a page says is printed, as a pattern: `...` on its own line is any lines, elsewhere any text of a line. */
export function outputPattern(expected: string): RegExp {
  const lines = expected.split("\n").map((line) => {
    if (line === "...") return String.raw`(?:.*\n)*?`;
    return `${line
      .split("...")
      .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join(".*")}\n`;
  });
  // The body ends with a newline, so the last of its lines is empty.
  return new RegExp(`^${lines.slice(0, -1).join("")}$`);
}
