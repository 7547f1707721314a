import type { Random } from "@sallyport/testkit";

/**
 * What is done to the bytes of one line. Places are fractions of the line, and bytes are put there whatever stood
 * there before: so the same change means the same for two servers, although their nonces and salts differ.
 */
export type Change =
  /** Nothing behind that place is said any more. */
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "put"; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "drop"; readonly at: number; readonly count: number }
  /** The length word says something else. */
  | { readonly kind: "length"; readonly value: number }
  | { readonly kind: "length by"; readonly difference: number }
  | { readonly kind: "twice" }
  | { readonly kind: "skip" };

const lengths = [0, 1, 3, 4, 5, 7, 8, 9, 255, 1024, 1025, 10_004, 10_005, 65_535, 65_536, 2 ** 24] as const;
const worse = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 4, 2 ** 32 - 1] as const;
/** Bytes that end strings, separate attributes, are no letters, look like types of messages. */
const telling = [0, 0x0a, 0x20, 0x2c, 0x3d, 0x41, 0x45, 0x4e, 0x52, 0x58, 0x70, 0x7f, 0x80, 0xff] as const;

export function someChange(r: Random): Change {
  const bytes = (most: number): Buffer => Buffer.from(r.many(1, most, () => r.pick(telling)));
  // The front and the end of a line are where its structure is.
  const at = r.weighted([
    [2, () => r.below(1000) / 1000],
    [1, () => 0],
    [1, () => 0.999],
  ]);
  return r.weighted<Change>([
    [3, () => ({ kind: "cut", at })],
    [5, () => ({ kind: "put", at, bytes: bytes(r.chance(0.7) ? 1 : 6) })],
    [3, () => ({ kind: "insert", at, bytes: bytes(r.chance(0.7) ? 2 : 40) })],
    [3, () => ({ kind: "drop", at, count: 1 + r.below(r.chance(0.7) ? 3 : 30) })],
    [2, () => ({ kind: "length", value: r.chance(0.6) ? r.pick(lengths) : r.pick(worse) })],
    [3, () => ({ kind: "length by", difference: r.below(9) - 4 })],
    [1, () => ({ kind: "twice" })],
    [1, () => ({ kind: "skip" })],
  ]);
}

/** The changed bytes; `over`: the conversation ends with them. */
export function changed(bytes: Buffer, change: Change): { readonly bytes: Buffer; readonly over: boolean } {
  const place = "at" in change ? Math.floor(change.at * bytes.length) : 0;
  const [before, behind] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (change.kind) {
    case "cut":
      return { bytes: before, over: true };
    case "put":
      return {
        bytes: Buffer.concat([before, change.bytes, behind.subarray(change.bytes.length)]),
        over: false,
      };
    case "insert":
      return { bytes: Buffer.concat([before, change.bytes, behind]), over: false };
    case "drop":
      return { bytes: Buffer.concat([before, behind.subarray(change.count)]), over: false };
    case "length":
      return { bytes: withLength(bytes, () => change.value), over: false };
    case "length by":
      return { bytes: withLength(bytes, (length) => length + change.difference), over: false };
    case "twice":
      return { bytes: Buffer.concat([bytes, bytes]), over: false };
    case "skip":
      return { bytes: Buffer.of(), over: false };
  }
}

/** The length word stands first, or behind a type. */
function withLength(bytes: Buffer, change: (length: number) => number): Buffer {
  const at = bytes[0] === 0 ? 0 : 1;
  if (bytes.length < at + 4) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(change(copy.readUInt32BE(at)) >>> 0, at);
  return copy;
}
