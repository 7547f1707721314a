import { isIPv4, isIPv6 } from "node:net";
import { ipv4Text, ipv6Text } from "./address-text.ts";
import type { ParsedProxyHeader, ProxyEndpoint } from "./parsed-header.ts";

export const VERSION_1: Buffer = Buffer.from("PROXY ");

/** The longest header that there can be, its CR and LF included. */
const MAX_LENGTH = 107;

/** A line of text: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 5432`, and CR LF. */
export function parseVersion1(bytes: Buffer): ParsedProxyHeader {
  const end = bytes.subarray(0, MAX_LENGTH).indexOf("\r\n");
  if (end === -1) {
    if (bytes.length >= MAX_LENGTH) return malformed("a line that is too long");
    return { kind: "incomplete" };
  }
  const length = end + 2;
  const words = bytes.toString("latin1", VERSION_1.length, end).split(" ");
  const [family, sourceAddress, destinationAddress, sourcePort, destinationPort] = words;
  // What follows this word is to be ignored.
  if (family === "UNKNOWN") return { kind: "header", header: { kind: "unknown" }, length };
  if (family !== "TCP4" && family !== "TCP6") return malformed("a protocol that is neither TCP4 nor TCP6");
  if (words.length !== 5) return malformed("a line that is not two addresses and two ports");
  const source = endpoint(family, sourceAddress, sourcePort);
  const destination = endpoint(family, destinationAddress, destinationPort);
  if (source === null || destination === null) return malformed("an address or port that is none");
  return { kind: "header", header: { kind: "proxied", source, destination }, length };
}

function endpoint(family: "TCP4" | "TCP6", address: string = "", port: string = ""): ProxyEndpoint | null {
  const text = family === "TCP4" ? ipv4(address) : ipv6(address);
  if (text === null || !/^(?:0|[1-9]\d{0,4})$/.test(port) || Number(port) > 0xffff) return null;
  return { address: text, port: Number(port) };
}

function ipv4(address: string): string | null {
  return isIPv4(address) ? ipv4Text(Buffer.from(address.split(".").map(Number))) : null;
}

/** Without a zone: the proxy's interfaces are not ours. */
function ipv6(address: string): string | null {
  return isIPv6(address) && !address.includes("%") ? ipv6Text(address) : null;
}

function malformed(reason: string): ParsedProxyHeader {
  return { kind: "malformed", reason };
}
