import type { LoginAnswers, LoginWish } from "./attempt.ts";
import type { LoginIntent } from "./clients.ts";
import { right, scramRoles } from "./clients.ts";
import type { LoginDoor } from "./doors.ts";
import type { Random } from "../random.ts";
import { spoil } from "./odd-bytes.ts";
import { honestTls } from "./tls.ts";

const plus = "SCRAM-SHA-256-PLUS";
const bound = {
  mechanism: plus,
  first: "p=tls-server-end-point,,n=,r=x",
  final: "c={bound},r={nonce},p={proof}",
};
const couldBind = { first: "y,,n=,r=x", final: "c=eSws,r={nonce},p={proof}" };

/** SCRAM, bound to the certificate of the server, or not, or wrongly. */
export const bindingIntents: readonly LoginIntent[] = [
  ["binding: right", (r) => ({ ...scram(r, bound), door: "scram-sha-256" })],
  ["binding: right, by md5", (r) => ({ ...scram(r, bound), door: "md5" })],
  ["binding: right, no initial response", (r) => scram(r, { ...bound, delayed: true })],
  ["binding: right, wrong password", (r) => ({ ...scram(r, bound), password: "x" })],
  ["binding: right, an MD5 secret", (r) => ({ ...scram(r, bound), user: "Bob", password: "Bob-secret" })],
  ["binding: right, nobody", (r) => ({ ...scram(r, bound), user: "ghost" })],
  ["binding: wrong", (r) => scram(r, { ...bound, final: `c=${wrongBinding(r)},r={nonce},p={proof}` })],
  ["binding: spoiled", (r) => scram(r, { ...bound, final: spoil(r, bound.final) })],
  ["binding: of the wrong kind", (r) => scram(r, { ...bound, first: "p=tls-unique,,n=,r=x" })],
  ["binding: of another kind", (r) => scram(r, { ...bound, first: `${otherKind(r)},,n=,r=x` })],
  ["binding: spoiled at first", (r) => scram(r, { ...bound, first: spoil(r, bound.first) })],
  ["binding: for somebody", (r) => scram(r, { ...bound, first: "p=tls-server-end-point,a=bob,n=,r=x" })],
  ["binding: promised, not given", (r) => scram(r, { mechanism: plus })],
  ["binding: given, not promised", (r) => scram(r, { ...bound, mechanism: "SCRAM-SHA-256" })],
  ["binding: without TLS", (r) => inPlain(r, bound)],
  ["binding: the client could", (r) => scram(r, couldBind)],
  ["binding: the client could, and there is no TLS", (r) => inPlain(r, couldBind)],
  ["binding: the client cannot", (r) => scram(r, {})],
  ["binding: the client cannot, for somebody", (r) => scram(r, { first: "n,a=bob,n=,r=x" })],
];

function scram(r: Random, answers: Partial<LoginAnswers>): LoginWish {
  const door = r.pick<LoginDoor>(["scram-sha-256", "md5", "TLS only"]);
  return { ...right(r.pick(scramRoles), { door }), answers, tls: honestTls };
}

function inPlain(r: Random, answers: Partial<LoginAnswers>): LoginWish {
  return { ...scram(r, answers), door: r.pick(["scram-sha-256", "md5", "no TLS"]), tls: null };
}

function otherKind(r: Random): string {
  return r.pick([
    "p=tls-unique",
    "p=tls-exporter",
    "p=",
    "p",
    "p=TLS-SERVER-END-POINT",
    "p=tls-server-end-point ",
  ]);
}

/** In base64. */
function wrongBinding(r: Random): string {
  const header = "p=tls-server-end-point,,";
  return r.pick([
    Buffer.from(header).toString("base64"),
    Buffer.from(`${header}${"\0".repeat(48)}`).toString("base64"),
    Buffer.from(`${header}${"\0".repeat(32)}`).toString("base64"),
    "biws",
    "eSws",
    "",
    "{bound}=",
    "{bound}{bound}",
    "***",
  ]);
}
