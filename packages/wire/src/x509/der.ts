/** Values in DER (X.690), as certificates are made of: read strictly, one level at a time. */
import { WireError } from "../errors.ts";

/** Identifier octets of the types that certificates have, constructed where DER says so. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  /** `[n]`, with another value inside. */
  explicit: (n: number): number => 0xa0 | n,
  /** `[n]` in place of a primitive type's own identifier. */
  implicit: (n: number): number => 0x80 | n,
} as const;

export interface DerValue {
  /** The identifier octet: class, constructed or primitive, number. */
  readonly tag: number;
  readonly content: Buffer;
  /** With identifier and length. */
  readonly encoded: Buffer;
}

/** A length of more octets would be that of 4 GiB. */
const MAX_LENGTH_OCTETS = 4;

/**
 * The values that stand side by side in `bytes`. What is inside of one is read by another reader, so that nothing
 * here goes deeper than its caller does. Nothing is copied.
 */
export class DerReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** Whether a value with this identifier comes next. */
  nextIs(tag: number): boolean {
    return this.#bytes[this.#offset] === tag;
  }

  /**
   * The next value.
   *
   * @param tag the identifier that it must have; any by default
   * @throws {WireError} `malformed_message` if it has another, or is not DER
   */
  read(tag?: number): DerValue {
    const start = this.#offset;
    const identifier = this.#octet();
    if ((identifier & 0x1f) === 0x1f) throw malformed("an identifier of several octets");
    if (tag !== undefined && identifier !== tag) {
      throw malformed(`identifier ${hex(identifier)} where ${hex(tag)} should be`);
    }
    const length = this.#length();
    const from = this.#offset;
    if (length > this.#bytes.length - from) throw malformed("a value that is cut short");
    this.#offset = from + length;
    return {
      tag: identifier,
      content: this.#bytes.subarray(from, this.#offset),
      encoded: this.#bytes.subarray(start, this.#offset),
    };
  }

  /** A reader of what is inside the next value, which must have this identifier. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).content);
  }

  /** @throws {WireError} `malformed_message` if something is left */
  end(): void {
    if (!this.atEnd) throw malformed("bytes behind the last value");
  }

  #length(): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    const octets = first & 0x7f;
    if (octets === 0 || octets > MAX_LENGTH_OCTETS)
      throw malformed("a length of no fixed size, or too large");
    let length = 0;
    for (let read = 0; read < octets; read++) length = length * 256 + this.#octet();
    // Of the ways to write a length DER has the shortest alone.
    if (length < 0x80 || length < 256 ** (octets - 1))
      throw malformed("a length that is longer than it need be");
    return length;
  }

  #octet(): number {
    const octet = this.#bytes[this.#offset];
    if (octet === undefined) throw malformed("a value that is cut short");
    this.#offset += 1;
    return octet;
  }
}

/** Longer than any that is in use; an arc of 2.25 may have 128 bits. */
const MAX_OBJECT_IDENTIFIER = 128;

/**
 * The dotted form of an OBJECT IDENTIFIER's content: `2.5.4.3`.
 *
 * @throws {WireError} `malformed_message`
 */
export function objectIdentifier(content: Buffer): string {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > MAX_OBJECT_IDENTIFIER) {
    throw malformed("an object identifier that is empty, cut short or too long");
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  let begun = false;
  for (const octet of content) {
    if (!begun && octet === 0x80) throw malformed("an object identifier with a padded arc");
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    begun = octet >= 0x80;
    if (!begun) {
      arcs.push(...(arcs.length === 0 ? firstArcs(arc) : [arc]));
      arc = 0n;
    }
  }
  return arcs.join(".");
}

/** The first two arcs share one number: 40 times the first, which is 0, 1 or 2, and the second. */
function firstArcs(both: bigint): readonly bigint[] {
  const first = both < 40n ? 0n : both < 80n ? 1n : 2n;
  return [first, both - first * 40n];
}

function malformed(what: string): WireError {
  return new WireError("malformed_message", `malformed DER: ${what}`);
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, "0")}`;
}
