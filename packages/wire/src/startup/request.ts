/** The first packet of a connection, before anything is known: manual, "Message Flow: Start-up". */
import { CANCEL_REQUEST_CODE, GSSENC_REQUEST_CODE, SSL_REQUEST_CODE } from "../message/startup.ts";
import type { BackendKey, ProtocolVersion } from "../message/session.ts";

/** Length of a startup packet's body, the code included: `MAX_STARTUP_PACKET_LENGTH` of PostgreSQL. */
export const MAX_STARTUP_BODY_LENGTH = 10_000;

/** The body length that a length word announces, or null for one that PostgreSQL would not accept. */
export function startupBodyLength(lengthWord: number): number | null {
  const length = lengthWord - 4;
  return length >= 4 && length <= MAX_STARTUP_BODY_LENGTH ? length : null;
}

/** Nothing is sent; the connection is closed, and this is logged. */
export interface ClosingPacket {
  readonly kind: "close";
  readonly logMessage: string;
  readonly sqlstate: "08P01" | "00000";
}

/** What a first packet asks for. */
export type StartupRequest =
  | { readonly kind: "ssl" }
  | { readonly kind: "gssenc" }
  | { readonly kind: "cancel"; readonly key: BackendKey }
  | ClosingPacket
  /** A startup packet of this version; `parseStartupPacket` reads the rest. */
  | { readonly kind: "startup"; readonly version: ProtocolVersion };

/** Which requests may still be made. Each may be made once; one that was granted ends both. */
export interface PendingNegotiation {
  readonly ssl: boolean;
  readonly gssenc: boolean;
}

/**
 * Reads the code of a packet (and the whole of a cancel request).
 *
 * A second SSLRequest or GSSENCRequest is a startup packet of version 1234.5679 or 1234.5680, and refused as that:
 * so a client cannot keep the server negotiating for ever. Bytes behind the code of such a request are ignored.
 *
 * @param body of an acceptable length (`startupBodyLength`)
 */
export function parseStartupRequest(body: Buffer, pending: PendingNegotiation): StartupRequest {
  const code = body.readInt32BE(0);
  if (code === CANCEL_REQUEST_CODE) {
    return parseCancelRequest(body.subarray(4));
  }
  if (code === SSL_REQUEST_CODE && pending.ssl) {
    return { kind: "ssl" };
  }
  if (code === GSSENC_REQUEST_CODE && pending.gssenc) {
    return { kind: "gssenc" };
  }
  return { kind: "startup", version: { major: code >>> 16, minor: code & 0xffff } };
}

/** PostgreSQL 18: process id and a key of 1 … 256 bytes. */
function parseCancelRequest(rest: Buffer): StartupRequest {
  if (rest.length < 4) {
    return violation("invalid length of cancel request packet");
  }
  const secretKey = Buffer.from(rest.subarray(4));
  if (secretKey.length === 0 || secretKey.length > 256) {
    return violation("invalid length of cancel key in cancel request packet");
  }
  const processId = rest.readInt32BE(0);
  return processId === 0
    ? { kind: "close", logMessage: "invalid cancel request with PID 0", sqlstate: "00000" }
    : { kind: "cancel", key: { processId, secretKey } };
}

/** What breaks the protocol before anybody can be told so. */
export function violation(logMessage: string): ClosingPacket {
  return { kind: "close", logMessage, sqlstate: "08P01" };
}
