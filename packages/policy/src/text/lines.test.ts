import { describe, expect, test } from "vitest";
import { placeOf } from "./line.ts";
import { dialectOf } from "../versions/dialect-of.ts";
import { readLines } from "./lines.ts";

/** Numbers and texts of the logical lines of a file, as a release reads it. */
function lines(bytes: string, major = 18, minor = 0): [number, string, ...true[]][] {
  return Array.from(readLines("/f", bytes, dialectOf({ major, minor })), ({ number, text, tooLong }) =>
    tooLong ? [number, text, tooLong] : [number, text],
  );
}

describe("logical lines", () => {
  test.each<[why: string, bytes: string, expected: [number, string][]]>([
    ["an empty file has none", "", []],
    [
      "the last newline is not needed",
      "a\nb",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "any mix of CR and LF ends a line",
      "a\r\r\nb\r",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    ["a CR inside stays", "a\rb\n", [[1, "a\rb"]]],
    [
      "a backslash at the end joins, without a blank",
      "a\\\nb\nc",
      [
        [1, "ab"],
        [3, "c"],
      ],
    ],
    ["before a CR too", "a\\\r\nb", [[1, "ab"]]],
    [
      "not before a blank",
      "a\\ \nb",
      [
        [1, "a\\ "],
        [2, "b"],
      ],
    ],
    ["only one backslash is taken, and the line goes on", "a\\\\\nb", [[1, "a\\b"]]],
    ["the backslash must lie behind the join", "a\\\n\\\nb", [[1, "ab"]]],
    [
      "a lone backslash left by a join is text",
      "a\\\\\n\nb",
      [
        [1, "a\\"],
        [3, "b"],
      ],
    ],
    ["at the end of the file it is dropped", "a\\", [[1, "a"]]],
    ["what the last line then ends in stays", "a\r\\", [[1, "a\r"]]],
    ["an empty line behind a join takes CR characters from before it", "a\r\\\n\n", [[1, "a"]]],
    [
      "comments are joined as well",
      "# a\\\nb\nc",
      [
        [1, "# ab"],
        [3, "c"],
      ],
    ],
    [
      "a NUL hides the rest and glues on the next line, as one line",
      "a\0b\nc\nd",
      [
        [1, "ac"],
        [2, "d"],
      ],
    ],
    ["a NUL at the end of the file", "a\0b", [[1, "a"]]],
    ["a byte order mark is text", "\u00ef\u00bb\u00bfa", [[1, "\u00ef\u00bb\u00bfa"]]],
  ])("%s", (_, bytes, expected) => {
    expect(lines(bytes)).toEqual(expected);
  });

  test("behind a NUL a line longer than the server's buffer reappears where the buffer ended", () => {
    const long = `a\0${"x".repeat(1500)}\nb\n`;
    expect(lines(long)).toEqual([
      [1, `a${"x".repeat(1500 - 1021)}`],
      [2, "b"],
    ]);
  });
});

describe("before PostgreSQL 14", () => {
  test("a backslash joins nothing", () => {
    expect(lines("a\\\nb", 13)).toEqual([
      [1, "a\\"],
      [2, "b"],
    ]);
  });

  test("a NUL hides the rest of its line only", () => {
    expect(lines("a\0b\r\n\0\nc", 13)).toEqual([
      [1, "a"],
      [2, ""],
      [3, "c"],
    ]);
  });

  test.each([
    [10, 23, 8190],
    [11, 20, 8190],
    [11, 21, 20_478],
    [12, 15, 8190],
    [12, 16, 20_478],
    [13, 11, 8190],
    [13, 12, 20_478],
  ])("%i.%i reads lines of %i bytes; the rest of a longer one is a line of its own", (major, minor, most) => {
    const [fits, full] = ["x".repeat(most - 1), "y".repeat(most + 1)];
    expect(lines(`${fits}\n${full}z \nend`, major, minor)).toEqual([
      [1, fits],
      [2, full, true],
      [3, "z "],
      [4, "end"],
    ]);
    expect(lines(`${full}\n`, 14)).toEqual([[1, full]]);
  });

  test("a line is too long with its newline, or without one", () => {
    expect(lines(`${"x".repeat(8190)}\nb`, 10)).toEqual([
      [1, "x".repeat(8190), true],
      [2, "b"],
    ]);
    expect(lines("x".repeat(8190), 10)).toEqual([[1, "x".repeat(8190)]]);
  });
});

test("a place counts characters on the physical line", () => {
  const [line] = readLines(
    "/f",
    "# caf\u00c3\u00a9 \\\n  \u00c3\u00a9x all\n",
    dialectOf({ major: 18, minor: 0 }),
  );
  if (!line) throw new Error("no line");
  const start = line.text.indexOf("all");
  expect(placeOf({ line, start, end: start + 3 })).toEqual({
    fileName: "/f",
    lineNumber: 2,
    column: 6,
    endColumn: 9,
  });
});
