import { isIPv4, isIPv6 } from "node:net";
import { inNetwork, maskOf, parseClientAddress, parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Bytes, Ip } from "@sallyport/policy";
import { readNames } from "./lists.ts";
import type { Parsed } from "./setting.ts";

interface Network {
  readonly ip: Ip;
  readonly mask: Ip;
}

/** A list of addresses and networks, as `10.0.0.0/8, ::1`. Each in the usual form alone: who is trusted must be plain to see. */
export function readNetworks(text: Bytes): Parsed<readonly Bytes[]> {
  const names = readNames(text);
  if (!("value" in names)) return names;
  for (const name of names.value) {
    const network = parseNetwork(name);
    if (network === null) return { detail: `"${name}" is not an IP address or network.` };
    if (!isWhole(network)) return { detail: `"${name}" has bits set to right of mask.` };
  }
  return names;
}

/** Whether one of the networks of such a list has the address. IPv4 and IPv6 have nothing in common. */
export function isInNetworks(address: Bytes, networks: readonly Bytes[]): boolean {
  if (networks.length === 0) return false; // asked of each connection
  const ip = parseClientAddress(address)?.ip;
  if (ip === undefined) return false;
  return networks.some((name) => {
    const network = parseNetwork(name);
    return network !== null && inNetwork(ip, network.ip, network.mask);
  });
}

function parseNetwork(text: Bytes): Network | null {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : null;
  if (family === null || more.length > 0) return null;
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bits)) return null;
  const ip = family === 4 ? parseIpv4(address) : parseIpv6(address);
  return ip === null ? null : { ip, mask: maskOf(prefix === undefined ? bits : Number(prefix), family) };
}

function isWhole({ ip, mask }: Network): boolean {
  const zeros = "\0".repeat(ip.length);
  return inNetwork(zeros, ip, inverted(mask));
}

function inverted(mask: Ip): Ip {
  return String.fromCharCode(...Array.from(mask, (byte) => byte.charCodeAt(0) ^ 0xff));
}
