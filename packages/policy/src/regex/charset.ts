/** A set of bytes: bit n is byte n. */
export type CharSet = bigint;

export const everyByte: CharSet = (1n << 256n) - 1n;
export const noByte: CharSet = 0n;

/** The set of one character; characters beyond a byte are in no subject. */
export function oneOf(code: number): CharSet {
  return code < 256 ? 1n << BigInt(code) : noByte;
}

/** From `first` to `last`, both inclusive. */
export function rangeOf(first: number, last: number): CharSet {
  const end = Math.min(last, 255);
  return first > end ? noByte : (1n << BigInt(end + 1)) - (1n << BigInt(first));
}

export function complementOf(set: CharSet): CharSet {
  return everyByte ^ set;
}

export function contains(set: CharSet, byte: number): boolean {
  return ((set >> BigInt(byte)) & 1n) === 1n;
}

const upper = rangeOf(0x41, 0x5a);
const lower = rangeOf(0x61, 0x7a);
const digit = rangeOf(0x30, 0x39);
const alnum = upper | lower | digit;
const graph = rangeOf(0x21, 0x7e);

export const wordBytes: CharSet = alnum | oneOf(0x5f);
export const newlineByte: CharSet = oneOf(0x0a);

export type ClassName =
  | "alnum"
  | "alpha"
  | "ascii"
  | "blank"
  | "cntrl"
  | "digit"
  | "graph"
  | "lower"
  | "print"
  | "punct"
  | "space"
  | "upper"
  | "word"
  | "xdigit";

/** The classes where a character is a byte and the collation is C: letters and digits are ASCII's. */
const classes: Readonly<Record<ClassName, CharSet>> = {
  alnum,
  alpha: upper | lower,
  ascii: rangeOf(0, 0x7f),
  blank: oneOf(0x20) | oneOf(0x09),
  cntrl: rangeOf(0, 0x1f) | rangeOf(0x7f, 0x9f),
  digit,
  graph,
  lower,
  print: rangeOf(0x20, 0x7e),
  punct: graph ^ alnum,
  space: rangeOf(0x09, 0x0d) | oneOf(0x20),
  upper,
  word: wordBytes,
  xdigit: digit | rangeOf(0x41, 0x46) | rangeOf(0x61, 0x66),
};

export function classOf(name: ClassName): CharSet {
  return classes[name];
}

/** Is there a `[:name:]`? */
export function isClassName(name: string): name is ClassName {
  return Object.hasOwn(classes, name);
}

/** With each ASCII letter its other case. */
export function bothCases(set: CharSet): CharSet {
  return set | ((set & upper) << 32n) | ((set & lower) >> 32n);
}

/** The fewest classes of bytes that no set here tells apart. */
export interface ByteClasses {
  readonly count: number;
  /** Of each byte the character whose code is the number of its class. */
  readonly classes: string;
}

export function byteClasses(sets: Iterable<CharSet>): ByteClasses {
  const classes = new Uint8Array(256);
  const sizes = [256];
  for (const set of sets) {
    /** Of each class those that are in the set: if not all are, they become a class of their own. */
    const inside = new Map<number, number[]>();
    for (const byte of bytesOf(set)) {
      const coarse = classes[byte] ?? 0;
      const bytes = inside.get(coarse);
      if (bytes) bytes.push(byte);
      else inside.set(coarse, [byte]);
    }
    for (const [coarse, bytes] of inside) {
      const size = sizes[coarse] ?? 0;
      if (bytes.length === size) continue;
      for (const byte of bytes) classes[byte] = sizes.length;
      sizes[coarse] = size - bytes.length;
      sizes.push(bytes.length);
    }
  }
  return { count: sizes.length, classes: String.fromCharCode(...classes) };
}

/** The bytes of a set, four of them at a time: to shift it for each takes much longer. */
function bytesOf(set: CharSet): number[] {
  const bytes: number[] = [];
  const digits = set.toString(16);
  for (let first = 0; first < 4 * digits.length; first += 4) {
    const digit = Number.parseInt(digits.charAt(digits.length - 1 - first / 4), 16);
    for (let bit = 0; bit < 4; bit += 1) if ((digit >> bit) & 1) bytes.push(first + bit);
  }
  return bytes;
}
