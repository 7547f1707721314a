import type { TlsOptions } from "../../conninfo/tls-options.ts";

/** How TLS is made with one server. */
export interface TlsWay {
  readonly options: TlsOptions;
  /** What the server's certificate must name, a byte string; empty: only an address is known. */
  readonly host: string;
}
