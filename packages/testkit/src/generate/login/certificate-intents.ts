import type { LoginWish } from "./attempt.ts";
import { badCertificates, goodCertificates } from "./certificates.ts";
import type { LoginCertificate } from "./certificates.ts";
import { right, scramRoles } from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import type { LoginDoor } from "./doors.ts";
import type { Random } from "../random.ts";
import { honestTls } from "./tls.ts";

const verified = [
  "trust, verified",
  "password, verified",
  "md5, verified",
  "scram-sha-256, verified",
  "reject, verified",
] as const;
const named = ["cert", "trust, named", "password, named", "md5, named", "scram-sha-256, named"] as const;

const bob = { user: "bob", password: "bob-secret" } as const;

/** What clients show who they are with, and whether their line makes anything of it. */
export const certificateIntents: readonly LoginIntent[] = [
  ...badCertificates.map((certificate): LoginIntent => [
    `a certificate: ${certificate}`,
    (r) => shown(certificate, { ...bob, door: r.pick(["trust", "cert", "trust, verified"]) }),
  ]),
  ...[...verified, ...named].flatMap((door): LoginIntent[] => [
    [`${door}: his certificate`, () => shown("bob", { ...bob, door })],
    [`${door}: another certificate`, () => shown("alice", { ...bob, door })],
    [`${door}: no certificate`, () => shown(null, { ...bob, door })],
  ]),
  ...named.map((door): LoginIntent => [
    `${door}: nobody's certificate`,
    () => shown("no common name", { ...bob, door }),
  ]),
  ["named by DN", (r) => shown(good(r), { ...bob, door: "scram-sha-256, named by DN" })],
  [
    "his certificate, a wrong password",
    (r) =>
      shown("bob", {
        user: "bob",
        password: "x",
        door: r.pick(["password, named", "md5, named", "scram-sha-256, named"]),
      }),
  ],
  ["cert by map", () => shown("alice", { ...bob, door: "cert by map" })],
  ["cert by map: the role alone", () => shown("bob", { ...bob, door: "cert by map" })],
  ["cert by DN", () => shown("alice", { ...bob, door: "cert by DN" })],
  [
    "cert by DN: by an expression",
    (r) => shown(r.pick(["bob", "Bob", "zoë"]), { user: r.pick(["bob", "Bob"]), door: "cert by DN" }),
  ],
  ["cert by DN: no map", (r) => shown(good(r), { ...bob, door: "cert by DN alone" })],
  ["cert: another role", (r) => shown(good(r), right(r.pick(scramRoles), { door: certDoor(r) }))],
  ["cert: nobody", (r) => shown(good(r), { user: r.pick(["ghost", "retired", "eve"]), door: certDoor(r) })],
];

function shown(certificate: LoginCertificate | null, wish: LoginWish): LoginWish {
  return { ...wish, tls: { ...honestTls, certificate } };
}

function good(r: Random): LoginCertificate {
  return r.pick(goodCertificates);
}

function certDoor(r: Random): LoginDoor {
  return r.pick(["cert", "cert by map", "cert by DN", "cert by DN alone"]);
}
