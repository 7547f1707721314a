import { code, encodeAttribute, headerLength, type } from "./packet.ts";
import { hmacMd5, md5 } from "./digest.ts";

export interface AccessRequest {
  readonly user: Buffer;
  /** 1 to 128 bytes. */
  readonly password: Buffer;
  readonly nasIdentifier: Buffer;
  readonly secret: Buffer;
  /** 16 random bytes. */
  readonly authenticator: Buffer;
}

/** Service-Type Authenticate-Only. */
const authenticateOnly = Buffer.from([0, 0, 0, 8]);

const blockLength = 16;

/** What the identifier of a request is: PostgreSQL takes it from the authenticator, too. */
export function identifierOf({ authenticator }: Pick<AccessRequest, "authenticator">): number {
  return authenticator.readUInt8(0);
}

/**
 * The Access-Request that PostgreSQL sends, and before its attributes a Message-Authenticator: so nobody on the way can add to
 * it what would help to forge the answer (CVE-2024-3596; RFC 3579, 3.2).
 *
 * @throws {RangeError} something is too long for an attribute
 * @throws {Md5Unavailable}
 */
export function encodeAccessRequest(request: AccessRequest): Buffer {
  const { user, nasIdentifier, secret, authenticator } = request;
  const signature = encodeAttribute(type.messageAuthenticator, Buffer.alloc(blockLength));
  const packet = Buffer.concat([
    Buffer.from([code.accessRequest, identifierOf(request), 0, 0]),
    authenticator,
    signature,
    encodeAttribute(type.serviceType, authenticateOnly),
    encodeAttribute(type.userName, user),
    encodeAttribute(type.nasIdentifier, nasIdentifier),
    encodeAttribute(type.userPassword, hidePassword(request)),
  ]);
  packet.writeUInt16BE(packet.length, 2);
  hmacMd5(secret, packet).copy(packet, headerLength + 2);
  return packet;
}

/** RFC 2865, 5.2: in blocks, each hidden by a digest of the secret and of the block before it. */
function hidePassword({ password, secret, authenticator }: AccessRequest): Buffer {
  const hidden = Buffer.alloc(Math.ceil(password.length / blockLength) * blockLength);
  password.copy(hidden);
  let before = authenticator;
  for (let at = 0; at < hidden.length; at += blockLength) {
    const block = hidden.subarray(at, at + blockLength);
    for (const [index, byte] of md5(secret, before).entries()) block[index] = (block[index] ?? 0) ^ byte;
    before = block;
  }
  return hidden;
}
