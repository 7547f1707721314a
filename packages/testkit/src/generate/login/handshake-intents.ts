import type { LoginWish } from "./attempt.ts";
import { badCertificates } from "./certificates.ts";
import { anyDoor, passwordMethods, right, scramRoles } from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import { lengthWord, packet } from "./odd-bytes.ts";
import type { Random } from "../random.ts";
import { brokenHello, goodTls, honestTls } from "./tls.ts";
import type { LoginTls } from "./tls.ts";

/** How clients come to TLS, or do not. */
export const handshakeIntents: readonly LoginIntent[] = [
  ...(["TLSv1.2", "TLSv1.3"] as const).flatMap((version): LoginIntent[] => [
    [`${version}: asked for`, (r) => over({ version, protocols: [] }, somebody(r))],
    [`${version}: at once`, (r) => over({ version, direct: true }, somebody(r))],
    [`${version}: asked for, and begun`, (r) => over({ version, eager: true }, somebody(r))],
    [
      `${version}: a bad certificate`,
      (r) => over({ version, certificate: r.pick(badCertificates) }, somebody(r)),
    ],
  ]),
  ["TLS: anybody", (r) => ({ ...somebody(r), tls: goodTls(r) })],
  ["TLS: from ::1", (r) => ({ ...right("bob", { door: "::1" }), tls: goodTls(r) })],
  ["TLS: only, in plain", () => right("bob", { door: "TLS only", tls: null })],
  ["TLS: only", () => over({}, right("bob", { door: "TLS only" }))],
  ["TLS: none, in plain", () => right("bob", { door: "no TLS", tls: null })],
  ["TLS: none", () => over({}, right("bob", { door: "no TLS" }))],
  ["TLS: at once, without a name", (r) => over({ direct: true, protocols: [] }, somebody(r))],
  ["TLS: another name", (r) => over({ protocols: otherNames(r) }, somebody(r))],
  ["TLS: at once, another name", (r) => over({ direct: true, protocols: otherNames(r) }, somebody(r))],
  ["TLS: of long ago", (r) => over({ version: "TLSv1.1" }, somebody(r))],
  ["TLS: half a hello", (r) => over({ broken: 20 + r.below(100) }, somebody(r))],
  ["TLS: no hello", (r) => over({ broken: brokenHello(r) }, somebody(r))],
  ["TLS: at once, no hello", (r) => over({ broken: brokenHello(r), direct: true }, somebody(r))],
  ["TLS: in plain, all the same", (r) => ({ ...somebody(r), requests: ["ssl"], tls: null })],
  ["TLS: TLS within it", (r) => over({}, { ...somebody(r), requests: ["ssl", "ssl"] })],
  ["TLS: GSSAPI within it", (r) => over({}, { ...somebody(r), requests: ["gssenc", "ssl", "gssenc"] })],
  [
    "TLS: requests within it, though it was begun at once",
    (r) => over({ direct: true }, { ...somebody(r), requests: [r.pick(["ssl", "gssenc"])] }),
  ],
  ["TLS: a cancel request", (r) => over({}, { ...somebody(r), opening: cancelRequest(r) })],
  ...passwordMethods.map((door): LoginIntent => [
    `TLS: ${door}`,
    (r) => over({}, right(r.pick(scramRoles), { door })),
  ]),
  ["TLS: an MD5 secret", () => over({}, right("Bob", { door: "md5" }))],
];

function over(tls: Partial<LoginTls>, wish: LoginWish): LoginWish {
  return { ...wish, tls: { ...honestTls, ...tls } };
}

/** Who gets in, were it not for TLS. */
function somebody(r: Random): LoginWish {
  return right(r.pick(scramRoles), { door: anyDoor(r) });
}

function otherNames(r: Random): readonly string[] {
  return r.pick([["http/1.1"], ["postgres", "POSTGRESQL"]]);
}

/** For a process that no system has. */
function cancelRequest(r: Random): string {
  return packet(`\x04\u00d2\x16\x2e${lengthWord(2 ** 31 - 1)}${"k".repeat(r.pick([4, 32]))}`);
}
