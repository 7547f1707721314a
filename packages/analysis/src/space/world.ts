import { formatIp } from "@sallyport/policy";
import type { Attempt, Connection, Facts, InterfaceAddress } from "@sallyport/policy";
import { isMember } from "./point.ts";
import type { Point } from "./point.ts";
import type { Space } from "./space.ts";

/** The connection as the decision takes it. */
export function connectionAt({ transport, physical, address, role, database }: Point): Connection {
  return {
    user: role,
    database,
    client: address === null ? null : { ip: address, text: formatIp(address) },
    encryption: transport === "ssl" ? "ssl" : transport === "gss" ? "gss" : "none",
    replication: physical,
  };
}

/** The world of the point, as facts for the decision. */
export function factsAt(point: Point, space: Space): Facts {
  const { address, hostname } = point;
  return {
    membership: (role, group) => isMember(point, role, group, space),
    hostname:
      hostname === null || address === null
        ? { name: null, error: "Name or service not known" }
        : { name: hostname, forward: { addresses: [address] } },
    interfaces: space.known.interfaces ?? interfacesAt(point),
  };
}

/** Of a server that the client is, or is near to, or is not. */
function interfacesAt({ address, near }: Point): readonly InterfaceAddress[] {
  if (address === null || near === null) return [];
  if (near === "samehost") return [{ ip: address, mask: null }];
  const last = address.length - 1;
  const neighbour = address.slice(0, last) + String.fromCharCode(address.charCodeAt(last) ^ 1);
  const mask = "\xff".repeat(last) + "\xfe";
  return [{ ip: neighbour, mask }];
}

/** The connection as people ask about it. */
export function attemptAt({ transport, physical, address, role, database }: Point): Attempt {
  return {
    user: role,
    ...(physical ? {} : { database }),
    address: address === null ? null : formatIp(address),
    ssl: transport === "ssl",
    gssenc: transport === "gss",
    replication: physical,
  };
}
