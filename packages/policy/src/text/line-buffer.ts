import type { Bytes } from "../bytes.ts";

/** Physical lines of a file as the server's line reader delivers them. */
export interface LineBuffer {
  readonly more: () => boolean;
  /** The next physical line, its newline included, which comes to stand behind `before` bytes; empty at the end. */
  readonly next: (before: number) => Bytes;
  /** What `next` gave is as long as the buffer: the rest of the line comes next, as a line of its own. */
  readonly full: () => boolean;
  /** Where the next one begins. */
  readonly at: () => number;
  /** Goes on elsewhere, at the beginning of one. */
  readonly goTo: (at: number) => void;
}

/** Hands out the bytes of a file, never beyond the end of a physical line. */
class Chunks {
  readonly #bytes: Bytes;
  #at = 0;
  /** Where the physical line that `at` is in ends, or an earlier one. */
  #lineEnd = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  goTo(at: number): void {
    this.#at = at;
    this.#lineEnd = at;
  }

  more(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** The text of the next bytes, `most` of them or up to the end of the line: a NUL byte among them ends it. */
  read(most: number): Bytes {
    if (this.#lineEnd <= this.#at) {
      const newline = this.#bytes.indexOf("\n", this.#at);
      this.#lineEnd = newline < 0 ? this.#bytes.length : newline + 1;
    }
    const chunk = this.#bytes.slice(this.#at, Math.min(this.#lineEnd, this.#at + most));
    this.#at += chunk.length;
    const nul = chunk.indexOf("\0");
    return nul < 0 ? chunk : chunk.slice(0, nul);
  }
}

/**
 * PostgreSQL 14 and later. A NUL byte hides what follows it up to the end of what was read at once, the newline
 * included, so that the next physical line is glued on. How much is read at once depends on the size of the buffer,
 * which starts at 1 kB and doubles: hence `capacity`.
 */
export function growingBuffer(bytes: Bytes): LineBuffer {
  const chunks = new Chunks(bytes);
  let capacity = 1024;
  return {
    more: () => chunks.more(),
    next: (before) => {
      let text = "";
      while (chunks.more()) {
        text += chunks.read(capacity - before - text.length - 1);
        if (text.endsWith("\n")) break;
        while (before + text.length + 129 > capacity) capacity *= 2;
      }
      return text;
    },
    full: () => false,
    at: () => chunks.at,
    goTo: (at) => chunks.goTo(at),
  };
}

/** Earlier ones. A NUL byte hides the rest of its line. */
export function fixedBuffer(bytes: Bytes, longest: number): LineBuffer {
  const chunks = new Chunks(bytes);
  let length = 0;
  return {
    more: () => chunks.more(),
    next: () => {
      const text = chunks.read(longest + 1);
      length = text.length;
      return text;
    },
    full: () => length > longest,
    at: () => chunks.at,
    goTo: (at) => chunks.goTo(at),
  };
}
