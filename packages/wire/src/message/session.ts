/** What a server says around authentication: version, parameters, key, readiness. */
import { BodyReader, cstring, encodeMessage, int32 } from "./body.ts";
import { toBuffer } from "../byte-string.ts";

/** A protocol version. */
export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** `v`: the newest version the server will speak, and the `_pq_.` options that it does not know. */
export interface ProtocolNegotiation {
  readonly version: ProtocolVersion;
  readonly unknownOptions: readonly string[];
}

export function encodeNegotiateProtocolVersion(negotiation: ProtocolNegotiation): Buffer {
  const { version, unknownOptions } = negotiation;
  return encodeMessage(
    "v",
    int32((version.major << 16) | version.minor),
    int32(unknownOptions.length),
    ...unknownOptions.map(cstring),
  );
}

/** @throws {WireError} `malformed_message` */
export function decodeNegotiateProtocolVersion(body: Buffer): ProtocolNegotiation {
  const reader = new BodyReader(body, "NegotiateProtocolVersion");
  const version = reader.int32();
  const count = reader.int32();
  // Each name takes a byte at least: a count beyond that is a lie, found before looping over it.
  if (count < 0 || count > reader.remaining) {
    throw reader.malformed(`${count} options announced`);
  }
  const unknownOptions = Array.from({ length: count }, () => reader.string());
  reader.end();
  return { version: { major: version >>> 16, minor: version & 0xffff }, unknownOptions };
}

/** `S`: one setting of the session that the server reports. */
export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

export function encodeParameterStatus(status: ParameterStatus): Buffer {
  return encodeMessage("S", cstring(status.name), cstring(status.value));
}

/** @throws {WireError} `malformed_message` */
export function decodeParameterStatus(body: Buffer): ParameterStatus {
  const reader = new BodyReader(body, "ParameterStatus");
  const status = { name: reader.string(), value: reader.string() };
  reader.end();
  return status;
}

/** `K`: what a cancel request must name. The key has 4 bytes up to protocol 3.1, up to 256 later. */
export interface BackendKey {
  readonly processId: number;
  readonly secretKey: Buffer;
}

export function encodeBackendKeyData(key: BackendKey): Buffer {
  return encodeMessage("K", int32(key.processId), key.secretKey);
}

/** @throws {WireError} `malformed_message` */
export function decodeBackendKeyData(body: Buffer): BackendKey {
  const reader = new BodyReader(body, "BackendKeyData");
  const processId = reader.int32();
  if (reader.remaining < 4 || reader.remaining > 256) {
    throw reader.malformed(`a cancel key of ${reader.remaining} bytes`);
  }
  return { processId, secretKey: Buffer.from(reader.rest()) };
}

/** `I` idle, `T` in a transaction block, `E` in a failed one. */
export type TransactionStatus = "I" | "T" | "E";

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return encodeMessage("Z", toBuffer(status));
}

/** @throws {WireError} `malformed_message` */
export function decodeReadyForQuery(body: Buffer): TransactionStatus {
  const reader = new BodyReader(body, "ReadyForQuery");
  const status = reader.text(1);
  reader.end();
  if (status !== "I" && status !== "T" && status !== "E") {
    throw reader.malformed("an unknown transaction status");
  }
  return status;
}
