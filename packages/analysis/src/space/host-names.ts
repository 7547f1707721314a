import type { Bytes } from "@sallyport/policy";

/**
 * A verified host name that fits all of the first and none of the others; null: a client without a name does. Undefined:
 * there is none. All in lower case; a pattern with a leading dot is about the end of the name.
 */
export function hostNameFor(fits: readonly Bytes[], misses: readonly Bytes[]): Bytes | null | undefined {
  if (fits.length === 0) return null;
  const exact = fits.find((pattern) => !pattern.startsWith("."));
  const longest = fits.reduce((one, other) => (other.length > one.length ? other : one));
  const candidates = exact === undefined ? freshNames(longest, misses.length) : [exact];
  // A fresh name has one word more than what is fitted, so that ends either miss all of these names or none of them.
  const [first = ""] = candidates;
  const isOut = misses.some((pattern) => pattern.startsWith(".") && fitsName(pattern, first));
  if (isOut || !fits.every((pattern) => fitsName(pattern, first))) return undefined;
  const missed = new Set(misses);
  return candidates.find((name) => !missed.has(name));
}

/** As the server compares: without case, which is taken away before. */
export function fitsName(pattern: Bytes, name: Bytes): boolean {
  return pattern.startsWith(".") ? name.endsWith(pattern) : name === pattern;
}

/** More of them than there are patterns that could each miss one. */
function freshNames(end: Bytes, count: number): Bytes[] {
  return Array.from({ length: count + 1 }, (_, number) => `host${number === 0 ? "" : number}${end}`);
}
