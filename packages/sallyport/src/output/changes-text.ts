import type { Hunk, PhysicalLine } from "@sallyport/analysis";
import { maskText, utf8Text } from "@sallyport/policy";
import { printable } from "./printable.ts";

/** So many lines of each file are shown. */
const mostShown = 12;

/** What would change, as `diff -U0` has it; secrets are masked. */
export function changesText(changes: readonly Hunk[]): string[] {
  const lines: string[] = [];
  let left = mostShown;
  for (const { lineNumber, before, after } of changes) {
    if (left <= 0) break;
    const [old, now] = [before.slice(0, left), after.slice(0, left)];
    left -= old.length;
    lines.push(`@@ -${lineNumber},${old.length} +${lineNumber},${now.length} @@`);
    lines.push(...old.flatMap((line) => shown("-", line)), ...now.flatMap((line) => shown("+", line)));
  }
  const more = lineCount(changes) - mostShown;
  return more > 0 ? [...lines, `... and ${more} more`] : lines;
}

/** How many lines change. */
export function lineCount(changes: readonly Hunk[]): number {
  return changes.reduce((sum, { before }) => sum + before.length, 0);
}

function shown(sign: "-" | "+", { body, end }: PhysicalLine): string[] {
  const text = sign + printable(utf8Text(maskText(body)).replaceAll("\t", "    "));
  return end.endsWith("\n") ? [text] : [text, String.raw`\ No newline at end of file`];
}
