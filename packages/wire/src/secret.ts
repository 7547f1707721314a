/**
 * A password (or another text) that shows itself only when asked for: not in `inspect` (a private field is not
 * shown), not in JSON, not in template strings, so that no log line and no error can carry it by accident.
 */
export class Secret {
  readonly #bytes: string;

  /** @param bytes the byte string to keep */
  constructor(bytes: string) {
    this.#bytes = bytes;
  }

  /** The byte string itself. */
  reveal(): string {
    return this.#bytes;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}
