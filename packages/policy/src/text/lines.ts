import type { Bytes } from "../bytes.ts";
import type { Line } from "./line.ts";

/**
 * Cuts a file into logical lines as PostgreSQL 14 and later do (manual, 20.1): trailing CR and LF characters
 * are stripped, and a backslash at the very end joins the next physical line, without a blank.
 *
 * The backslash must lie behind the previous join, so of `x\\` only one is taken and the line goes on:
 *
 *     local all \          joins: the backslash is the last byte
 *               ^
 *     # note \             joins too: continuation comes before comments and quotes
 */
export function* readLines(file: Bytes, bytes: Bytes): Generator<Line, undefined, undefined> {
  const source = new PhysicalLines(bytes);
  for (let number = 1; source.more();) {
    const joins: number[] = [];
    let text = "";
    for (;;) {
      const physical = source.next(text.length);
      if (physical === "") break;
      const more = stripLineEnd(physical);
      if (!more.endsWith("\\")) {
        // Behind an empty line the one before it loses its CR and LF as well.
        text = more === "" ? stripLineEnd(text) : text + more;
        break;
      }
      text += more.slice(0, -1);
      joins.push(text.length);
    }
    yield { file, number, text, joins };
    number += joins.length + 1;
  }
}

function stripLineEnd(text: Bytes): Bytes {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end -= 1;
  return text.slice(0, end);
}

/**
 * Physical lines as the server's line reader delivers them. A NUL byte hides what follows it up to the end of
 * what was read at once, the newline included, so that the next physical line is glued on. How much is read at
 * once depends on the size of the server's buffer, which starts at 1 kB and doubles: hence `capacity`.
 */
class PhysicalLines {
  readonly #bytes: Bytes;
  #at = 0;
  #capacity = 1024;
  /** Where the physical line that `at` is in ends, or an earlier one. */
  #lineEnd = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  more(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** The next physical line, its newline included, which comes to stand behind `before` bytes; empty at the end. */
  next(before: number): Bytes {
    let text = "";
    while (this.more()) {
      const chunk = this.#read(this.#capacity - before - text.length - 1);
      const nul = chunk.indexOf("\0");
      const shown = nul < 0 ? chunk : chunk.slice(0, nul);
      text += shown;
      if (shown.endsWith("\n")) break;
      while (before + text.length + 129 > this.#capacity) this.#capacity *= 2;
    }
    return text;
  }

  #read(most: number): Bytes {
    if (this.#lineEnd <= this.#at) {
      const newline = this.#bytes.indexOf("\n", this.#at);
      this.#lineEnd = newline < 0 ? this.#bytes.length : newline + 1;
    }
    const chunk = this.#bytes.slice(this.#at, Math.min(this.#lineEnd, this.#at + most));
    this.#at += chunk.length;
    return chunk;
  }
}
