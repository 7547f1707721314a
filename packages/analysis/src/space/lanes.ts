import type { ConnectionType, ServerProfile } from "@sallyport/policy";

/** How a connection comes. `local`: a Unix-domain socket; `plain`: TCP without encryption. */
export type Transport = "local" | "plain" | "ssl" | "gss";

export const transports: readonly Transport[] = ["local", "plain", "ssl", "gss"];

/**
 * A set of ways to come: a bit for each transport, and four more for the same with physical replication. Logical
 * replication decides like none (manual, 20.1).
 */
export type Lanes = number;

export const ordinary: Lanes = 0b0000_1111;
export const physical: Lanes = 0b1111_0000;
export const tcp: Lanes = 0b1110_1110;
export const everyLane: Lanes = ordinary | physical;

/** The lane of one connection. */
export function laneOf(transport: Transport, isPhysical: boolean): Lanes {
  return (1 << transports.indexOf(transport)) << (isPhysical ? 4 : 0);
}

const inTurn = [false, true].flatMap((physical) =>
  (["plain", "ssl", "local", "gss"] as const).map((transport) => ({ transport, physical })),
);

/** The first of these that a lane of the set has, ordinary before physical. */
export function firstLane(
  lanes: Lanes,
): { readonly transport: Transport; readonly physical: boolean } | null {
  return inTurn.find(({ transport, physical }) => lanes & laneOf(transport, physical)) ?? null;
}

/** The transports that a record type is about. */
const ofType: Readonly<Record<ConnectionType, Lanes>> = {
  local: 0b0001,
  host: 0b1110,
  hostssl: 0b0100,
  hostnossl: 0b1010,
  hostgssenc: 0b1000,
  hostnogssenc: 0b0110,
};

export function lanesOfType(type: ConnectionType): Lanes {
  return ofType[type] | (ofType[type] << 4);
}

/** The lanes that there are on such a server: no TLS where it is off, no GSSAPI encryption before PostgreSQL 12. */
export function lanesOfServer({ dialect, features, settings }: ServerProfile): Lanes {
  const ssl = features.has("ssl") && settings.ssl;
  const gss = features.has("gssapi") && dialect.connectionTypes.includes("hostgssenc");
  const one = 0b0011 | (ssl ? 0b0100 : 0) | (gss ? 0b1000 : 0);
  return one | (one << 4);
}
