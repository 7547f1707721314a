import type { Bytes } from "@sallyport/policy";

/** `AF_UNIX`. */
export const unixFamily = 1;

/** `sun_path` stands behind the two bytes of the family, and has 108 (unix(7)). */
const [pathOffset, longestPath] = [2, 108];

/**
 * A `struct sockaddr_un`: of a path, or of `@name`, which is the abstract address `name`. Null if it is neither, or
 * longer than such an address may be.
 */
export function encodeUnixAddress(address: Bytes): Uint8Array | null {
  const abstract = address.startsWith("@");
  if (!abstract && !address.startsWith("/")) return null;
  if (address.includes("\0")) return null;
  // A path ends with a NUL; an abstract address begins with one, and ends with the length.
  const path = Buffer.from(abstract ? `\0${address.slice(1)}` : `${address}\0`, "latin1");
  if (path.length > longestPath) return null;
  const bytes = new Uint8Array(pathOffset + path.length);
  new Uint16Array(bytes.buffer, 0, 1)[0] = unixFamily;
  bytes.set(path, pathOffset);
  return bytes;
}

/** The path of such an address, or `@name`; null if it has none. */
export function unixAddress(address: Uint8Array): Bytes | null {
  const path = Buffer.from(address.subarray(pathOffset)).toString("latin1");
  if (path === "") return null;
  return path.startsWith("\0") ? `@${path.slice(1)}` : path.replace(/\0.*$/s, "");
}
