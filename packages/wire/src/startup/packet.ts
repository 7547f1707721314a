/** The startup packet as PostgreSQL 18 reads it: order of checks, texts and SQLSTATEs are its own. */
import { FatalError, protocolViolation } from "../errors.ts";
import type { ErrorFormat } from "../message/error-response.ts";
import type { ProtocolNegotiation, ProtocolVersion } from "../message/session.ts";
import { parseReplication } from "./replication.ts";
import type { Replication } from "./replication.ts";

/** The newest minor version of protocol 3 that PostgreSQL 18 speaks. */
const LATEST_MINOR = 2;

/** `NAMEDATALEN` − 1: what a name is cut to, in bytes. */
const MAX_NAME_LENGTH = 63;

/** Whom a client wants to be, where, and how; all texts are byte strings. */
export interface StartupPacket {
  /** The version that both sides speak from here on: never above 3.2. */
  readonly protocol: ProtocolVersion;
  /** At most 63 bytes, not empty. */
  readonly user: string;
  /** At most 63 bytes; empty for physical replication. */
  readonly database: string;
  readonly replication: Replication;
  /** Command-line style switches, to be applied after authentication; null if not given. */
  readonly options: string | null;
  /** Settings to be applied after authentication: in the packet's order, duplicates included. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Names of `_pq_.` options, in the packet's order, duplicates included. */
  readonly unknownProtocolOptions: readonly string[];
}

/** What came of a startup packet. */
export type ParsedStartup = {
  /** To be sent first (even before an error), without flushing, if not null. */
  readonly negotiation: ProtocolNegotiation | null;
} & (
  | { readonly kind: "accepted"; readonly packet: StartupPacket }
  /** To be sent in that format; then the connection is closed. */
  | { readonly kind: "refused"; readonly error: FatalError; readonly format: ErrorFormat }
);

/** @param body the packet without its length word, version first */
export function parseStartupPacket(body: Buffer): ParsedStartup {
  const version = { major: body.readUInt16BE(0), minor: body.readUInt16BE(2) };
  if (version.major !== 3) {
    return { negotiation: null, ...refuseVersion(version) };
  }
  const scan = scanPairs(body, 4);
  const replication = parseReplication(
    scan.pairs.flatMap(([name, value]) => (name === "replication" ? [value] : [])),
  );
  if (typeof replication === "object") {
    return { negotiation: null, ...refuse(invalidReplication(replication.invalid)) };
  }
  if (!scan.terminated) {
    const error = protocolViolation("invalid startup packet layout: expected terminator as last byte");
    return { negotiation: null, ...refuse(error) };
  }
  const protocol = { major: 3, minor: Math.min(version.minor, LATEST_MINOR) };
  const unknownProtocolOptions = scan.pairs.flatMap(([name]) => (name.startsWith("_pq_.") ? [name] : []));
  const negotiation =
    version.minor > LATEST_MINOR || unknownProtocolOptions.length > 0
      ? { version: protocol, unknownOptions: unknownProtocolOptions }
      : null;
  const last = (name: string) => scan.pairs.findLast((pair) => pair[0] === name)?.[1] ?? "";
  const user = last("user");
  if (user === "") {
    const error = new FatalError("28000", "no PostgreSQL user name specified in startup packet");
    return { negotiation, ...refuse(error) };
  }
  const packet = {
    protocol,
    user: user.slice(0, MAX_NAME_LENGTH),
    // The default is the name before cutting; a physical walsender belongs to no database.
    database: replication === true ? "" : (last("database") || user).slice(0, MAX_NAME_LENGTH),
    replication,
    options: scan.pairs.some(([name]) => name === "options") ? last("options") : null,
    parameters: scan.pairs.filter(([name]) => isSetting(name)),
    unknownProtocolOptions,
  };
  return { kind: "accepted", negotiation, packet };
}

function isSetting(name: string): boolean {
  return !["user", "database", "replication", "options"].includes(name) && !name.startsWith("_pq_.");
}

interface Pairs {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** The empty name that ends the list stands on the very last byte. */
  readonly terminated: boolean;
}

/** Scans as if one more NUL stood behind the body, which is why an unterminated last string is still a string. */
function scanPairs(body: Buffer, start: number): Pairs {
  const pairs: (readonly [string, string])[] = [];
  const endOf = (offset: number) => {
    const nul = body.indexOf(0, offset);
    return nul < 0 ? body.length : nul;
  };
  let offset = start;
  while (offset < body.length && body[offset] !== 0) {
    const valueOffset = endOf(offset) + 1;
    if (valueOffset >= body.length) {
      break;
    }
    const valueEnd = endOf(valueOffset);
    pairs.push([
      body.toString("latin1", offset, valueOffset - 1),
      body.toString("latin1", valueOffset, valueEnd),
    ]);
    offset = valueEnd + 1;
  }
  return { pairs, terminated: offset === body.length - 1 };
}

function refuse(error: FatalError): { kind: "refused"; error: FatalError; format: "v3" } {
  return { kind: "refused", error, format: "v3" };
}

/** A client that asked for major version 0, 1 or 2 would not understand a v3 error; exactly 0.0 gets one all the same. */
function refuseVersion({ major, minor }: ProtocolVersion): {
  kind: "refused";
  error: FatalError;
  format: ErrorFormat;
} {
  const error = new FatalError(
    "0A000",
    `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.${LATEST_MINOR}`,
  );
  return { kind: "refused", error, format: major < 3 && (major > 0 || minor > 0) ? "v2" : "v3" };
}

function invalidReplication(value: string): FatalError {
  return new FatalError("22023", `invalid value for parameter "replication": "${value}"`, {
    hint: 'Valid values are: "false", 0, "true", 1, "database".',
  });
}
