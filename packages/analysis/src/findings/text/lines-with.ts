import { readLines } from "@sallyport/policy";
import type { Bytes, Dialect, Disk, Line } from "@sallyport/policy";

/** The lines of each file in which this word is somewhere; files without it, however long, are not cut into lines. */
export function* filesWith(
  word: Bytes,
  { files }: Disk,
  dialect: Dialect,
): Generator<{ readonly file: Bytes; readonly lines: Iterable<Line> }> {
  for (const [file, content] of files) {
    if (!("bytes" in content)) continue;
    const pieces = content.pieces ?? [content.bytes];
    if (!pieces.some((piece) => piece.includes(word))) continue;
    yield { file, lines: readLines(file, content.bytes, dialect) };
  }
}
