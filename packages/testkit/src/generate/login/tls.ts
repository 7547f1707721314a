import { badCertificates, goodCertificates } from "./certificates.ts";
import type { LoginCertificate } from "./certificates.ts";
import { anyBytes, packet } from "./odd-bytes.ts";
import type { Random } from "../random.ts";

/** TLS, in all that a client can choose. */
export interface LoginTls {
  /** Without an SSLRequest before it. */
  readonly direct: boolean;
  /** The hello does not wait for the answer to the SSLRequest, but arrives together with it. */
  readonly eager: boolean;
  /** The only one. */
  readonly version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** Names of protocols to choose from (ALPN). */
  readonly protocols: readonly string[];
  /** Null: none. */
  readonly certificate: LoginCertificate | null;
  /** Bytes in place of the hello, or how many of the hello's are sent; null: all. Then the client says no more. */
  readonly broken: string | number | null;
}

export const honestTls: LoginTls = {
  direct: false,
  eager: false,
  version: "TLSv1.3",
  protocols: ["postgresql"],
  certificate: null,
  broken: null,
};

/** How clients do it whose handshake is to be a success. */
export function goodTls(r: Random): LoginTls {
  const direct = r.chance(0.3);
  return {
    ...honestTls,
    direct,
    eager: !direct && r.chance(0.1),
    version: r.pick(["TLSv1.2", "TLSv1.3"]),
    protocols: direct || r.chance(0.5) ? r.pick([["postgresql"], ["http/1.1", "postgresql"]]) : [],
    certificate: r.chance(0.6) ? r.pick(goodCertificates) : null,
  };
}

/** Nearly always good ones. */
export function anyTls(r: Random): LoginTls {
  const tls = goodTls(r);
  return r.weighted<LoginTls>([
    [40, () => tls],
    [3, () => ({ ...tls, certificate: r.pick(badCertificates) })],
    [1, () => ({ ...tls, broken: brokenHello(r) })],
    [1, () => ({ ...tls, protocols: r.pick([[], ["http/1.1"], ["POSTGRESQL", "postgres"]]) })],
    [1, () => ({ ...tls, version: "TLSv1.1" })],
  ]);
}

/** What may come where a hello should: of one that is whole, a beginning. */
export function brokenHello(r: Random): string | number {
  return r.weighted<string | number>([
    [3, () => 1 + r.below(150)],
    [1, () => 0],
    [2, () => packet("\0\x03\0\0user\0bob\0\0")],
    [1, () => packet("\x04\u00d2\x16\x2f")],
    [1, () => "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    [1, () => "\x15\x03\x01\0\x02\x02\0"],
    [1, () => "\x16\x03\x01\0\x05\x01\0\0\x01\0"],
    [1, () => "\x16\x03\x01\u00ff\u00ff"],
    [1, () => "\u00ff".repeat(20)],
    [1, () => `\x16${anyBytes(r, r.below(40))}`],
    [1, () => anyBytes(r, r.below(40))],
  ]);
}
