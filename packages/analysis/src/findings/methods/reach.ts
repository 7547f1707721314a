import { inNetwork, maskOf } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import { prefixLength } from "../text/prefix.ts";

/** From where a rule lets clients come: from this machine alone, or from beyond it. */
export type Reach = "socket" | "loopback" | "remote";

const ipv4Loopback = "\x7f\0\0\0";
const ipv6Loopback = `${"\0".repeat(15)}\x01`;

export function reachOf({ type, address }: HbaRule): Reach {
  if (type === "local" || address === null) return "socket";
  switch (address.kind) {
    case "all":
    case "samenet":
      return "remote";
    // Whoever has an address of the server's is on the server.
    case "samehost":
      return "loopback";
    case "hostname":
      return address.name === "localhost" ? "loopback" : "remote";
    case "network": {
      const { ip, mask } = address;
      const prefix = prefixLength(mask);
      const isLoopback =
        prefix !== null &&
        (ip.length === 4
          ? prefix >= 8 && inNetwork(ip, ipv4Loopback, maskOf(8, 4))
          : prefix === 128 && ip === ipv6Loopback);
      return isLoopback ? "loopback" : "remote";
    }
  }
}
