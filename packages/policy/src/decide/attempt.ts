import type { Bytes } from "../bytes.ts";
import { formatIp, isLinkLocal, parseIpv4, parseIpv6 } from "../ip.ts";
import type { Ip } from "../ip.ts";
import type { ServerProfile } from "../profile.ts";

/** Who wants in, from where, to what. Names are byte strings; what is absent is as in the comment. */
export interface Attempt {
  /** Role name as in the startup packet. */
  readonly user: Bytes;
  /** Default: the user. */
  readonly database?: Bytes;
  /** Numeric client address, with a zone if it has one; null or absent: a Unix-domain socket. */
  readonly address?: string | null;
  /** Default: false. */
  readonly ssl?: boolean;
  /** Default: false. */
  readonly gssenc?: boolean;
  /** `true`: physical, `"database"`: logical. Default: false. */
  readonly replication?: boolean | "database";
  /** What peer, ident, gss or cert would report; absent: unknown. */
  readonly systemUser?: Bytes;
}

/** An attempt as the server sees it after the startup packet: names cut, defaults filled in. */
export interface Connection {
  readonly user: Bytes;
  /** Empty for physical replication. */
  readonly database: Bytes;
  readonly client: ClientAddress | null;
  readonly encryption: "none" | "ssl" | "gss";
  readonly replication: boolean | "database";
}

export interface ClientAddress {
  readonly ip: Ip;
  /** As the server prints it, with the zone. */
  readonly text: string;
}

const longestName = 63; // NAMEDATALEN - 1, in bytes

/**
 * Fills in and cuts as the server does. Throws `RangeError` if the address is none.
 *
 * @param profile for db_user_namespace; absent: it is off
 */
export function connectionOf(attempt: Attempt, profile?: ServerProfile): Connection {
  const { user, address, replication = false } = attempt;
  const database = attempt.database || user;
  const client = address == null ? null : parseClientAddress(address);
  if (address != null && client === null) throw new RangeError(`"${address}" is no IP address`);
  return {
    user: (isNamespaced(profile) ? namespaced(user, database) : user).slice(0, longestName),
    database: replication === true ? "" : database.slice(0, longestName),
    client,
    encryption: attempt.gssenc ? "gss" : attempt.ssl ? "ssl" : "none",
    replication,
  };
}

/** The numeric address of a client, as a socket or a person writes it; null if it is none. */
export function parseClientAddress(text: string): ClientAddress | null {
  const percent = text.indexOf("%");
  const number = percent < 0 ? text : text.slice(0, percent);
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  const ip = (zone === undefined ? parseIpv4(number) : null) ?? parseIpv6(number);
  if (ip === null || (zone !== undefined && (zone === "" || !isLinkLocal(ip)))) return null;
  return { ip, text: zone === undefined ? formatIp(ip) : `${formatIp(ip)}%${zone}` };
}

function isNamespaced(profile: ServerProfile | undefined): boolean {
  return profile !== undefined && profile.dialect.userNamespaces && profile.settings.db_user_namespace;
}

/** A user belongs to a database, unless the first `@` of the name is its end: that one is taken away. */
function namespaced(user: Bytes, database: Bytes): Bytes {
  return user.indexOf("@") === user.length - 1 && user !== "" ? user.slice(0, -1) : `${user}@${database}`;
}
