/**
 * The part of BER that LDAP uses (RFC 4511, 5.1): tags of one byte, definite lengths, nothing else. Whatever does not fit
 * into what holds it is an error, never less than it says.
 */
export class BerError extends Error {
  override readonly name: string = "BerError";
}

/** The tag of an LDAPMessage, among others. */
export const sequence = 0x30;

export interface BerHeader {
  readonly tag: number;
  /** Bytes of tag and length. */
  readonly headerLength: number;
  readonly contentLength: number;
}

/** Null: more bytes are needed to tell. @throws {BerError} */
export function readBerHeader(bytes: Buffer): BerHeader | null {
  if (bytes.length < 2) return null;
  const tag = bytes.readUInt8(0);
  if ((tag & 0x1f) === 0x1f) throw new BerError("a tag of several bytes");
  const first = bytes.readUInt8(1);
  if (first < 0x80) return { tag, headerLength: 2, contentLength: first };
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4) throw new BerError("an indefinite or an impossible length");
  if (bytes.length < 2 + octets) return null;
  return { tag, headerLength: 2 + octets, contentLength: bytes.readUIntBE(2, octets) };
}

/** Walks through the elements of one constructed value. */
export class BerReader {
  #rest: Buffer;

  constructor(content: Buffer) {
    this.#rest = content;
  }

  /** Null: nothing is left. */
  get nextTag(): number | null {
    return this.#rest[0] ?? null;
  }

  /** The content of the next element, which must have this tag. @throws {BerError} */
  take(tag: number): Buffer {
    const header = readBerHeader(this.#rest);
    if (header === null) throw new BerError("an element is missing or cut off");
    const end = header.headerLength + header.contentLength;
    if (end > this.#rest.length) throw new BerError("an element is longer than what holds it");
    if (header.tag !== tag) throw new BerError(`tag ${header.tag} in place of ${tag}`);
    const content = this.#rest.subarray(header.headerLength, end);
    this.#rest = this.#rest.subarray(end);
    return content;
  }

  /** An INTEGER or ENUMERATED from 0 on, of at most four bytes. @throws {BerError} */
  takeNumber(tag: number): number {
    const content = this.take(tag);
    if (content.length === 0 || content.length > 4) throw new BerError("a number of an impossible length");
    const value = content.readIntBE(0, content.length);
    if (value < 0) throw new BerError("a negative number");
    return value;
  }

  /** Leaves out the element, whatever it is; what is in it is not looked at. @throws {BerError} */
  skip(): void {
    this.take(this.nextTag ?? 0);
  }

  /** @throws {BerError} if anything is left */
  end(): void {
    if (this.#rest.length > 0) throw new BerError("bytes behind the last element");
  }
}
