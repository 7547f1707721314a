import { certificateAuthority } from "../../certificates/authority.ts";
import type { CertificateAuthority, CertificateRequest } from "../../certificates/authority.ts";
import { nameSigner } from "../../named-certificate.ts";
import type { NameValue } from "../../named-certificate.ts";

/** In PEM: a certificate with those of intermediate authorities behind it, and its key. */
export interface ShownCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What a server of logins shows, whom it trusts, and what its clients may show. */
export interface LoginCertificates {
  readonly server: ShownCertificate;
  /** For `ssl_ca_file`. */
  readonly authorities: Buffer;
  readonly clients: Readonly<Record<LoginCertificate, ShownCertificate>>;
}

type OfRole = "bob" | "Bob" | "alice" | "zoë" | "two names" | "odd name" | "no common name";
type OutOfPlace = "expired" | "not yet valid" | "for servers";

export type LoginCertificate =
  | OfRole
  | OutOfPlace
  | "by an intermediate authority"
  | "unknown authority"
  | "self-signed"
  | "NUL";

const bob: CertificateRequest = { subject: "/CN=bob" };

/** TLS finds these good, whatever is written in them. */
const ofRoles: Readonly<Record<OfRole, CertificateRequest>> = {
  bob,
  Bob: { subject: "/C=DE/CN=Bob" },
  alice: { subject: "/O=PGDG/OU=Testing/CN=alice" },
  zoë: { subject: "/CN=zoë" },
  "two names": { subject: "/CN=bob/CN=alice" },
  "odd name": { subject: '/O=Müller, Söhne+OU=\\"x\\"/CN=a,b' },
  "no common name": { subject: "/O=PGDG/OU=Testing" },
};

/** These say that they are Bob's, and nobody is to believe it. */
const outOfPlace: Readonly<Record<OutOfPlace, CertificateRequest>> = {
  expired: { ...bob, valid: "expired" },
  "not yet valid": { ...bob, valid: "not yet" },
  "for servers": { ...bob, usage: "serverAuth" },
};

type Some = readonly [LoginCertificate, ...LoginCertificate[]];

export const goodCertificates: Some = [
  "bob",
  "Bob",
  "alice",
  "zoë",
  "two names",
  "odd name",
  "no common name",
  "by an intermediate authority",
];

export const badCertificates: Some = [
  "expired",
  "not yet valid",
  "for servers",
  "unknown authority",
  "self-signed",
  "NUL",
];

/** Names in them, for maps: common and distinguished ones. */
export const certificateNamesForMaps: readonly string[] = [
  "bob",
  "alice",
  "zoë",
  "CN=bob",
  "CN=alice,OU=Testing,O=PGDG",
  "OU=Testing,O=PGDG",
];

/** Makes all of them, anew. */
export async function loginCertificates(): Promise<LoginCertificates> {
  await using root = await certificateAuthority({ subject: "/CN=Test root" });
  await using stranger = await certificateAuthority({ subject: "/CN=Other root" });
  const middle = await root.intermediate({ subject: "/O=PGDG/CN=Test middle" });
  const names = nameSigner([[commonName("Test names")]]);
  const withNul = names.sign({ subject: [[commonName("bob\0.example")]] });
  return {
    // Not the digest of the others: a login is bound to this certificate by the one of its signature.
    server: await issued(root, { subject: "/CN=localhost", names: "DNS:localhost", digest: "sha384" }),
    authorities: Buffer.concat([root.cert, Buffer.from(names.authority)]),
    clients: {
      ...(await allIssued(root, ofRoles)),
      ...(await allIssued(root, outOfPlace)),
      "by an intermediate authority": await issued(middle, bob),
      "unknown authority": await issued(stranger, bob),
      "self-signed": { cert: stranger.cert, key: stranger.key },
      NUL: { cert: Buffer.from(withNul), key: Buffer.from(names.key) },
    },
  };
}

async function issued(
  authority: CertificateAuthority,
  request: CertificateRequest,
): Promise<ShownCertificate> {
  const { chain, key } = await authority.issue(request);
  return { cert: chain, key };
}

async function allIssued<Name extends string>(
  authority: CertificateAuthority,
  requests: Readonly<Record<Name, CertificateRequest>>,
): Promise<Record<Name, ShownCertificate>> {
  const made: Partial<Record<Name, ShownCertificate>> = {};
  for (const name in requests) made[name] = await issued(authority, requests[name]);
  return made as Record<Name, ShownCertificate>;
}

function commonName(text: string): NameValue {
  return { oid: "2.5.4.3", tag: 0x0c, content: Buffer.from(text) };
}
