import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { orAborted } from "@sallyport/wire";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { addressesOf } from "../doorstep/tcp-door.ts";
import type { LoadedSettings } from "../config/index.ts";
import { finding, quoted, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/**
 * The entries of `listen_addresses` at which nobody could connect.
 *
 * @param resolve whether names may be looked up
 */
export async function checkAddresses(
  { settings, sources }: LoadedSettings,
  resolve: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { listen_addresses: entries, port } = settings;
  const place = sources.get("listen_addresses")?.place;
  const findings: Finding[] = [];
  for (const entry of entries) {
    const fault = await faultOf(entry, port, resolve, signal);
    if (fault !== null) findings.push(finding("listen-address", fault, { place }));
  }
  if (entries.length > 0 && findings.length === entries.length) {
    findings.push(finding("no-door", "could not create any TCP/IP sockets", { place }));
  }
  return findings;
}

async function faultOf(
  entry: Bytes,
  port: number,
  resolve: boolean,
  signal: AbortSignal,
): Promise<string | null> {
  if (entry === "*") return null;
  if (isIP(entry) !== 0) {
    return isOurs(entry) ? null : `no interface of this machine has the address ${quoted(entry)}`;
  }
  if (!resolve) return null;
  try {
    await orAborted(addressesOf(entry, port), signal);
    return null;
  } catch (error) {
    return textOf(error);
  }
}

/** Everywhere, any loopback address, or that of an interface, whether it is up or not. */
function isOurs(address: Bytes): boolean {
  if (/^127\.|^0\.0\.0\.0$/.test(address) || !new RegExp("[^:0]").test(address)) return true;
  const wanted = canonical(utf8Text(address));
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .some(({ address }) => canonical(address) === wanted);
}

/** One spelling of an IPv6 address, without its zone. */
function canonical(address: string): string {
  const [bare = ""] = address.split("%");
  return bare.includes(":") ? new URL(`http://[${bare}]`).hostname : bare;
}
