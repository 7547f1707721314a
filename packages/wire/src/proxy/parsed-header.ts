/** What a proxy says in its header. */

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
  /** It may become one. So few bytes are never more than the longest header has. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly reason: string };
