/** What a client sends first. These messages have no type byte. */
import { cstring, encodeUntyped, int32 } from "./body.ts";
import { toBuffer } from "../byte-string.ts";
import type { BackendKey, ProtocolVersion } from "./session.ts";

/** The int32 that stands where a startup packet has its protocol version: 1234 in the upper half. */
export const CANCEL_REQUEST_CODE = 80877102;
export const SSL_REQUEST_CODE = 80877103;
export const GSSENC_REQUEST_CODE = 80877104;

/**
 * A startup packet.
 *
 * @param parameters name and value pairs in the order to send them; the value is never parsed, so a database
 * called `host=evil` is just a strange name
 */
export function encodeStartupPacket(
  parameters: Iterable<readonly [name: string, value: string]>,
  version: ProtocolVersion = { major: 3, minor: 0 },
): Buffer {
  const pairs = Array.from(parameters, ([name, value]) => [cstring(name), cstring(value)]).flat();
  return encodeUntyped(int32((version.major << 16) | version.minor), ...pairs, toBuffer("\0"));
}

export function encodeSslRequest(): Buffer {
  return encodeUntyped(int32(SSL_REQUEST_CODE));
}

export function encodeGssencRequest(): Buffer {
  return encodeUntyped(int32(GSSENC_REQUEST_CODE));
}

/** A cancel request; it goes over a connection of its own and is never answered. */
export function encodeCancelRequest(key: BackendKey): Buffer {
  return encodeUntyped(int32(CANCEL_REQUEST_CODE), int32(key.processId), key.secretKey);
}
