/** The header by which a proxy says whom it has connected (HAProxy's PROXY protocol, versions 1 and 2). */
import { parseVersion1, VERSION_1 } from "./version-1.ts";
import { MAX_VERSION_2, parseVersion2, VERSION_2 } from "./version-2.ts";

/** No header is longer. */
export const MAX_PROXY_HEADER: number = MAX_VERSION_2;

/** One end of the connection that the proxy passes on. */
export interface ProxyEndpoint {
  /** As the system writes it: `192.0.2.1`, `2001:db8::1`. */
  readonly address: string;
  readonly port: number;
}

export type ProxyHeader =
  | { readonly kind: "proxied"; readonly source: ProxyEndpoint; readonly destination: ProxyEndpoint }
  /** The proxy comes by itself, to see whether anybody is here: version 2's LOCAL. */
  | { readonly kind: "local" }
  /** It passes on a connection, and does not say by an IP address whose: UNKNOWN, AF_UNSPEC, AF_UNIX. */
  | { readonly kind: "unknown" };

export type ParsedProxyHeader =
  /** `length` bytes have been read, the rest is the client's. */
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly length: number }
  /** It may become one. So few bytes are never more than {@link MAX_PROXY_HEADER}. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly reason: string };

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
