import type { Bytes } from "../bytes.ts";
import type { Dialect } from "../versions/dialect.ts";
import type { Line } from "./line.ts";
import { fixedBuffer, growingBuffer } from "./line-buffer.ts";
import type { LineBuffer } from "./line-buffer.ts";

/** What versions of PostgreSQL differ in here. */
export type LineDialect = Pick<Dialect, "continuation" | "longestLine">;

/**
 * Cuts a file into logical lines (manual, 20.1): trailing CR and LF characters are stripped, and from PostgreSQL 14
 * on a backslash at the very end joins the next physical line, without a blank.
 *
 * The backslash must lie behind the previous join, so of `x\\` only one is taken and the line goes on:
 *
 *     local all \          joins: the backslash is the last byte
 *               ^
 *     # note \             joins too: continuation comes before comments and quotes
 */
export class LineReader {
  readonly file: Bytes;
  readonly bytes: Bytes;
  /** Of the next line. */
  number: number;
  readonly #continuation: boolean;
  readonly #buffer: LineBuffer;
  #hasNul: boolean | null = null;

  /** @param number of the first line */
  constructor(file: Bytes, bytes: Bytes, { continuation, longestLine }: LineDialect, number = 1) {
    this.file = file;
    this.bytes = bytes;
    this.number = number;
    this.#continuation = continuation;
    this.#buffer = longestLine === null ? growingBuffer(bytes) : fixedBuffer(bytes, longestLine);
  }

  /** Where the next line begins. */
  get at(): number {
    return this.#buffer.at();
  }

  /** There is a NUL byte in it: then how lines are cut hangs on those before. */
  get hasNul(): boolean {
    return (this.#hasNul ??= this.bytes.includes("\0"));
  }

  /** Leaves out lines: the next one begins there, and has this number. */
  skip(at: number, number: number): void {
    this.#buffer.goTo(at);
    this.number = number;
  }

  more(): boolean {
    return this.#buffer.more();
  }

  next(): Line {
    const { file, number } = this;
    const buffer = this.#buffer;
    const joins: number[] = [];
    let text = "";
    for (;;) {
      const physical = buffer.next(text.length);
      if (physical === "") break;
      const more = stripLineEnd(physical);
      if (!this.#continuation || !more.endsWith("\\")) {
        // Behind an empty line the one before it loses its CR and LF as well.
        text = more === "" ? stripLineEnd(text) : text + more;
        break;
      }
      text += more.slice(0, -1);
      joins.push(text.length);
    }
    this.number += joins.length + 1;
    return buffer.full() ? { file, number, text, joins, tooLong: true } : { file, number, text, joins };
  }
}

/** All lines of a file, one after the other. */
export function* readLines(
  file: Bytes,
  bytes: Bytes,
  dialect: LineDialect,
): Generator<Line, undefined, undefined> {
  const lines = new LineReader(file, bytes, dialect);
  while (lines.more()) yield lines.next();
}

function stripLineEnd(text: Bytes): Bytes {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end -= 1;
  return text.slice(0, end);
}
