import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A value of a name: the identifier octet of its type, and what stands in it. */
export interface NameValue {
  /** Dotted. */
  readonly oid: string;
  readonly tag: number;
  readonly content: Uint8Array;
}

/** A name as a certificate has it: sets of values, nearly always of one. */
export type CertificateName = readonly (readonly NameValue[])[];

export interface NamedCertificate {
  readonly subject: CertificateName;
  /** Default: 20 random bytes. */
  readonly serial?: Uint8Array;
}

/** Signs certificates whose names nobody would ask a tool for. */
export interface NameSigner {
  /** PEM. */
  readonly authority: string;
  /** Of the private key that all of them have, in PEM. */
  readonly key: string;
  /** PEM. */
  sign(certificate: NamedCertificate): string;
}

/** A new authority, called `issuer`. */
export function nameSigner(issuer: CertificateName): NameSigner {
  const authority = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const client = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const by = { issuer, key: authority.privateKey };
  const basicConstraints = sequence(
    oid("2.5.29.19"),
    value(0x01, [0xff]),
    value(0x04, sequence(value(0x01, [0xff]))),
  );
  const key = client.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return {
    authority: certificate({ subject: issuer }, authority.publicKey, by, basicConstraints),
    key,
    sign: (named) => certificate(named, createPublicKey(createPrivateKey(key)), by, null),
  };
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

function certificate(
  { subject, serial = positive(randomBytes(20)) }: NamedCertificate,
  publicKey: KeyObject,
  by: { readonly issuer: CertificateName; readonly key: KeyObject },
  extension: Buffer | null,
): string {
  const day = 86_400_000;
  const body = sequence(
    value(0xa0, value(0x02, [2])),
    value(0x02, serial),
    ecdsaWithSha256,
    nameOf(by.issuer),
    sequence(time(Date.now() - day), time(Date.now() + day)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extension === null ? [] : [value(0xa3, sequence(extension))]),
  );
  const signature = sign("sha256", body, by.key);
  const der = sequence(body, ecdsaWithSha256, value(0x03, [0, ...signature]));
  const lines = der.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function nameOf(name: CertificateName): Buffer {
  return sequence(
    ...name.map((set) =>
      value(0x31, ...set.map((one) => sequence(oid(one.oid), value(one.tag, one.content)))),
    ),
  );
}

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\..*/g, "");
  return value(0x18, Buffer.from(`${digits}Z`));
}

function oid(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...others] = dotted.split(".").map(BigInt);
  return value(0x06, ...[first * 40n + second, ...others].map(base128));
}

function base128(arc: bigint): Buffer {
  const digits = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(digits);
}

function positive(bytes: Buffer): Buffer {
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return value(0x30, ...contents);
}

function value(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((each) => Uint8Array.from(each)));
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(content.length);
  const length = octets.subarray(octets.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}
