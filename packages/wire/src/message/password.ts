/**
 * What a client answers to an authentication request. All of it has type `p`; only the request that it answers
 * tells a password from a SASL message.
 */
import { protocolViolation } from "../errors.ts";
import { cstring, encodeMessage, int32 } from "./body.ts";

export function encodePasswordMessage(password: string): Buffer {
  return encodeMessage("p", cstring(password));
}

/** @param data the initial response, or null for none (length −1) */
export function encodeSaslInitialResponse(mechanism: string, data: Uint8Array | null): Buffer {
  return encodeMessage(
    "p",
    cstring(mechanism),
    int32(data === null ? -1 : data.length),
    data ?? Buffer.alloc(0),
  );
}

export function encodeSaslResponse(data: Uint8Array): Buffer {
  return encodeMessage("p", data);
}

/**
 * The password of a PasswordMessage: all up to its one NUL, which must be the last byte. An empty password is
 * returned as such; refusing it is the method's business.
 *
 * @throws {FatalError} 08P01 `invalid password packet size`
 */
export function decodePasswordMessage(body: Buffer): string {
  if (body.indexOf(0) !== body.length - 1 || body.length === 0) {
    throw protocolViolation("invalid password packet size");
  }
  return body.toString("latin1", 0, body.length - 1);
}

/** A SASLInitialResponse; `data` is null if the client sent none (length −1). */
export interface SaslInitialResponse {
  readonly mechanism: string;
  readonly data: Buffer | null;
}

/**
 * Checks follow PostgreSQL's order: the mechanism is judged before the rest of the message is read.
 *
 * @param offered the mechanisms that the server named; the comparison is exact
 * @throws {FatalError} 08P01 `client selected an invalid SASL authentication mechanism`, or in the words of
 * PostgreSQL's message reading: `invalid string in message`, `insufficient data left in message`,
 * `invalid message format`
 */
export function decodeSaslInitialResponse(body: Buffer, offered: readonly string[]): SaslInitialResponse {
  const nul = body.indexOf(0);
  if (nul < 0) {
    throw protocolViolation("invalid string in message");
  }
  const mechanism = body.toString("latin1", 0, nul);
  if (!offered.includes(mechanism)) {
    throw protocolViolation("client selected an invalid SASL authentication mechanism");
  }
  const start = nul + 5;
  if (body.length < start) {
    throw protocolViolation("insufficient data left in message");
  }
  const announced = body.readInt32BE(nul + 1);
  const length = announced === -1 ? 0 : announced;
  if (length < 0 || length > body.length - start) {
    throw protocolViolation("insufficient data left in message");
  }
  if (length < body.length - start) {
    throw protocolViolation("invalid message format");
  }
  return { mechanism, data: announced === -1 ? null : body.subarray(start) };
}
