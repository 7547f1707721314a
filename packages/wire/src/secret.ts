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

/** Secret bytes with an end: shown by nothing of their own accord, and wiped by whoever is done with them. */
export class SecretBytes {
  readonly #bytes: Buffer;
  #wiped = false;

  /** @param bytes to keep: from now on nobody else's */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /**
   * The bytes themselves, not to be kept.
   *
   * @throws {TypeError} they have been wiped
   */
  reveal(): Buffer {
    if (this.#wiped) {
      throw new TypeError("the secret has been wiped");
    }
    return this.#bytes;
  }

  get wiped(): boolean {
    return this.#wiped;
  }

  wipe(): void {
    this.#wiped = true;
    this.#bytes.fill(0);
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}
