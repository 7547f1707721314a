import { selfSigned } from "./certificates/self-signed.ts";

/** Files of the data directory, in PEM. */
export interface PostgresTls {
  /** `server.crt`: the certificate, and those of intermediate authorities behind it. */
  readonly chain: string | Uint8Array;
  /** `server.key`. */
  readonly key: string | Uint8Array;
  /** `root.crt`: who may have issued certificates of clients. */
  readonly ca?: string | Uint8Array;
  /** `root.crl`: which of those are revoked. */
  readonly crl?: string | Uint8Array;
}

/** What of TLS stands in which file, and the settings that say so. */
export async function tlsFiles(ssl: boolean | PostgresTls): Promise<readonly TlsFile[]> {
  if (ssl === false) return [];
  if (ssl === true) {
    const { cert, key } = await selfSigned();
    return await tlsFiles({ chain: cert, key });
  }
  return [
    { name: "server.crt", contents: ssl.chain, setting: "ssl", value: "on" },
    { name: "server.key", contents: ssl.key, setting: "ssl_key_file", value: "server.key" },
    ...(ssl.ca ? [{ name: "root.crt", contents: ssl.ca, setting: "ssl_ca_file", value: "root.crt" }] : []),
    ...(ssl.crl ? [{ name: "root.crl", contents: ssl.crl, setting: "ssl_crl_file", value: "root.crl" }] : []),
  ];
}

interface TlsFile {
  readonly name: string;
  readonly contents: string | Uint8Array;
  readonly setting: string;
  readonly value: string;
}
