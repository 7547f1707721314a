import { ipv4Text, ipv6OctetsText } from "./address-text.ts";
import type { ParsedProxyHeader, ProxyEndpoint, ProxyHeader } from "./parsed-header.ts";
import { tlvsFault } from "./tlvs.ts";

export const VERSION_2: Buffer = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Signature, version and command, family and protocol, length of what follows. */
const HEAD = 16;

/** Addresses take up to 216 bytes; the rest are TLVs, of which a client's certificate is the largest. */
const MAX_BODY = 4096;

export const MAX_VERSION_2: number = HEAD + MAX_BODY;

const LOCAL = 0x20;
const PROXY = 0x21;

/** Octets of the addresses and ports, by family and protocol. All are streams: who sends others has something else in mind. */
const UNSPECIFIED = 0x00;
const families: ReadonlyMap<number, { readonly address: number; readonly length: number }> = new Map([
  [UNSPECIFIED, { address: 0, length: 0 }],
  [0x11, { address: 4, length: 12 }],
  [0x21, { address: 16, length: 36 }],
  [0x31, { address: 108, length: 216 }],
]);

/** Binary: a head of 16 bytes, the addresses, and TLVs, of which the checksum is verified and the others are skipped. */
export function parseVersion2(bytes: Buffer): ParsedProxyHeader {
  if (bytes.length < HEAD) return { kind: "incomplete" };
  const command = bytes.readUInt8(12);
  if (command !== LOCAL && command !== PROXY) return malformed("a version or command that is not known");
  const bodyLength = bytes.readUInt16BE(14);
  if (bodyLength > MAX_BODY) return malformed("a header that is too long");
  const length = HEAD + bodyLength;
  if (bytes.length < length) return { kind: "incomplete" };
  // Whatever a proxy says of the addresses of a connection of its own is to be skipped.
  if (command === LOCAL) return { kind: "header", header: { kind: "local" }, length };
  const family = families.get(bytes.readUInt8(13));
  if (family === undefined) return malformed("an address family or protocol that is not known");
  if (bodyLength < family.length) return malformed("addresses that are cut short");
  const fault = tlvsFault(bytes.subarray(0, length), HEAD + family.length);
  if (fault !== null) return malformed(fault);
  return { kind: "header", header: headerOf(bytes.subarray(HEAD, length), family.address), length };
}

function headerOf(body: Buffer, address: number): ProxyHeader {
  if (address !== 4 && address !== 16) return { kind: "unknown" };
  const endpoint = (n: 0 | 1): ProxyEndpoint => {
    const octets = body.subarray(n * address, (n + 1) * address);
    const text = address === 4 ? ipv4Text(octets) : ipv6OctetsText(octets);
    return { address: text, port: body.readUInt16BE(2 * address + 2 * n) };
  };
  return { kind: "proxied", source: endpoint(0), destination: endpoint(1) };
}

function malformed(reason: string): ParsedProxyHeader {
  return { kind: "malformed", reason };
}
