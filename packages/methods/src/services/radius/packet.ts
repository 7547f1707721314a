/** RADIUS packets (RFC 2865, 3): code, identifier, length, authenticator, attributes. */

export const code = { accessRequest: 1, accessAccept: 2, accessReject: 3 } as const;

/** Of attributes: RFC 2865, 5, and RFC 3579, 3.2. */
export const type = {
  userName: 1,
  userPassword: 2,
  serviceType: 6,
  nasIdentifier: 32,
  messageAuthenticator: 80,
} as const;

export const headerLength = 20;

/** Where the authenticator stands. */
export const authenticatorAt = 4;

/** Of an attribute's value: its length is one byte, and counts itself and the type. */
export const longestValue = 253;

export interface Attribute {
  readonly type: number;
  /** Where its value begins in the packet. */
  readonly at: number;
  readonly value: Buffer;
}

/** @throws {RangeError} the value is longer than `longestValue` */
export function encodeAttribute(attributeType: number, value: Buffer): Buffer {
  if (value.length > longestValue) throw new RangeError("an attribute of RADIUS is too long");
  return Buffer.concat([Buffer.from([attributeType, value.length + 2]), value]);
}

/** Those of a whole packet; null: they do not fill it exactly. */
export function attributesOf(packet: Buffer): readonly Attribute[] | null {
  const attributes: Attribute[] = [];
  for (let at = headerLength; at < packet.length;) {
    const [attributeType, length] = [packet[at], packet[at + 1]];
    if (attributeType === undefined || length === undefined || length < 2 || at + length > packet.length)
      return null;
    attributes.push({ type: attributeType, at: at + 2, value: packet.subarray(at + 2, at + length) });
    at += length;
  }
  return attributes;
}
