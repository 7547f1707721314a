/** The header by which a proxy says whom it has connected (HAProxy's PROXY protocol, versions 1 and 2). */
import type { ParsedProxyHeader } from "./parsed-header.ts";
import { parseVersion1, VERSION_1 } from "./version-1.ts";
import { MAX_VERSION_2, parseVersion2, VERSION_2 } from "./version-2.ts";

/** No header is longer. */
export const MAX_PROXY_HEADER: number = MAX_VERSION_2;

/** Reads what has arrived so far: as little of it as cannot be the beginning of a header is malformed at once. */
export function parseProxyHeader(bytes: Buffer): ParsedProxyHeader {
  if (bytes.length === 0) return { kind: "incomplete" };
  if (isBegun(bytes, VERSION_1)) return parseVersion1(bytes);
  if (isBegun(bytes, VERSION_2)) return parseVersion2(bytes);
  return { kind: "malformed", reason: "no PROXY protocol header" };
}

/** As much of the signature as has arrived is there. */
function isBegun(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}
