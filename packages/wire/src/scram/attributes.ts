/** The attribute lists of SCRAM messages, read as PostgreSQL reads them: same checks, same words. */
import { protocolViolation } from "../errors.ts";
import type { FatalError } from "../errors.ts";

/** What is left of a message. */
export class AttributeReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#text.length;
  }

  /** The next character, or "" at the end. */
  peek(): string {
    return this.#text.charAt(this.#offset);
  }

  skip(): void {
    this.#offset += 1;
  }

  /** The value of `name=value`, which must come next; the comma behind it is consumed. */
  value(name: string): string {
    if (this.peek() !== name) {
      throw malformed(`Expected attribute "${name}" but found "${show(this.peek())}".`);
    }
    return this.#valueOf(name);
  }

  /** Whatever attribute comes next. */
  any(): { readonly name: string; readonly value: string } {
    const name = this.peek();
    if (name === "") {
      throw malformed("Attribute expected, but found end of string.");
    }
    if (!/[A-Za-z]/.test(name)) {
      throw malformed(`Attribute expected, but found invalid character "${show(name)}".`);
    }
    return { name, value: this.#valueOf(name) };
  }

  #valueOf(name: string): string {
    if (this.#text.charAt(this.#offset + 1) !== "=") {
      throw malformed(`Expected character "=" for attribute "${name}".`);
    }
    const start = this.#offset + 2;
    const comma = this.#text.indexOf(",", start);
    const end = comma < 0 ? this.#text.length : comma;
    this.#offset = comma < 0 ? end : end + 1;
    return this.#text.slice(start, end);
  }
}

export function malformed(detail: string): FatalError {
  return protocolViolation("malformed SCRAM message", detail);
}

/** A character for a DETAIL: `'x'`, or `0x07`; the end of the message is `0x00`. */
export function show(character: string): string {
  return /[!-~]/.test(character)
    ? `'${character}'`
    : `0x${(character === "" ? 0 : character.charCodeAt(0)).toString(16).padStart(2, "0")}`;
}

/** Text for a message: at most 30 characters, and `?` for what is not printable ASCII. */
export function showText(text: string): string {
  return text.slice(0, 30).replaceAll(/[^!-~]/g, "?");
}

/** RFC 5802 `printable`: what a nonce is made of. */
export function isPrintable(text: string): boolean {
  return /^[!-+\--~]*$/.test(text);
}
