import { timingSafeEqual } from "node:crypto";
import type { Bytes } from "@sallyport/policy";
import { attributesOf, authenticatorAt, code, headerLength, type } from "./packet.ts";
import { hmacMd5, md5 } from "./digest.ts";

/** What an answer is held against. */
export interface Asked {
  readonly identifier: number;
  /** Of the request. */
  readonly authenticator: Buffer;
  readonly secret: Buffer;
  readonly user: Bytes;
  readonly requireMessageAuthenticator: boolean;
}

export type Answer =
  | { readonly kind: "accept" | "reject" }
  /** None that counts; `why` goes on where the log says whose answer it is. */
  | { readonly kind: "wrong"; readonly why: Bytes; readonly hint?: Bytes };

const hintOfSetting: Bytes =
  'Have the server sign its answers. With "radius_require_message_authenticator = off" they count unsigned, and whoever is on the way can forge them.';

/** PostgreSQL's buffer: of a longer datagram the rest is cut off. */
const bufferLength = 1024;

/**
 * Judges a datagram from the server's address and port, in PostgreSQL's order and words (RFC 2865, 3); then what PostgreSQL does
 * not look at, its Message-Authenticator (RFC 3579, 3.2).
 *
 * @throws {Md5Unavailable}
 */
export function readAnswer(datagram: Buffer, asked: Asked): Answer {
  const packet = datagram.subarray(0, bufferLength);
  if (packet.length < headerLength) return wrong(` too short: ${packet.length}`);
  const length = packet.readUInt16BE(2);
  if (length !== packet.length) {
    return wrong(` has corrupt length: ${length} (actual length ${packet.length})`);
  }
  const identifier = packet.readUInt8(1);
  if (identifier !== asked.identifier) {
    return wrong(` is to a different request: ${identifier} (should be ${asked.identifier})`);
  }
  if (!isAuthentic(packet, asked)) return wrong(" has incorrect MD5 signature");
  const fault = faultOfSignature(packet, asked);
  if (fault !== null) return fault;
  switch (packet.readUInt8(0)) {
    case code.accessAccept:
      return { kind: "accept" };
    case code.accessReject:
      return { kind: "reject" };
    default:
      return wrong(` has invalid code (${packet.readUInt8(0)}) for user "${asked.user}"`);
  }
}

/** The Response Authenticator: a digest of the answer with the request's authenticator in its place, and of the secret. */
function isAuthentic(packet: Buffer, { authenticator, secret }: Asked): boolean {
  const [head, rest] = [packet.subarray(0, authenticatorAt), packet.subarray(headerLength)];
  const expected = md5(head, authenticator, rest, secret);
  return timingSafeEqual(expected, packet.subarray(authenticatorAt, headerLength));
}

/** The Message-Authenticator: wherever there is one it must be right, whether one is required or not. */
function faultOfSignature(packet: Buffer, asked: Asked): Answer | null {
  const attributes = attributesOf(packet);
  if (attributes === null) return wrong(" has corrupt attributes");
  const [signature, ...more] = attributes.filter((attribute) => attribute.type === type.messageAuthenticator);
  if (signature === undefined) {
    return asked.requireMessageAuthenticator ? wrong(" has no Message-Authenticator", hintOfSetting) : null;
  }
  const { at, value } = signature;
  if (more.length > 0 || value.length !== 16) return wrong(" has incorrect Message-Authenticator");
  const signed = Buffer.from(packet);
  asked.authenticator.copy(signed, authenticatorAt);
  signed.fill(0, at, at + value.length);
  const right = timingSafeEqual(hmacMd5(asked.secret, signed), value);
  return right ? null : wrong(" has incorrect Message-Authenticator");
}

function wrong(why: Bytes, hint?: Bytes): Answer {
  return hint === undefined ? { kind: "wrong", why } : { kind: "wrong", why, hint };
}
