import type { LoginWish } from "./attempt.ts";
import {
  groups,
  md5Roles,
  nobodies,
  otherMd5Roles,
  otherScramRoles,
  passwordMethods,
  passwordOf,
  right,
  scramRoles,
} from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import type { Random } from "../random.ts";
import type { LoginDoor } from "./doors.ts";

type Spelling = readonly [role: string, password: string];

/** A password as it was given, and as it may be typed (RFC 4013 makes them one), or nearly. */
const spellings: readonly [Spelling, ...Spelling[]] = [
  ["IX", "I\u00adX"],
  ["IX", "\u2168"],
  ["IX", "ix"],
  ["soft", "a"],
  ["soft", "\u00aa"],
  ["blank", "a b c"],
  ["blank", "a\u2003b\u00a0c"],
  ["blank", "a\u200bb c"],
  ["bidi", "foo\u06271bar"],
  ["bidi", "foo1\u0627bar"],
  ["bell", "foobar"],
  ["accent", "zo\u00eb-geheim"],
  ["accent", "zoe\u0308-geheim"],
  ["zoë", "zoe\u0308-secret"],
];

/** Each way of asking for a password, each state in which a secret can be. */
export const passwordIntents: readonly LoginIntent[] = passwordMethods.flatMap((door): LoginIntent[] => [
  [`${door}: a SCRAM secret`, (r) => right(r.pick(scramRoles), { door })],
  [`${door}: another SCRAM secret`, (r) => right(r.pick(otherScramRoles), { door })],
  [`${door}: an MD5 secret`, (r) => right(r.pick(md5Roles), { door })],
  [`${door}: another MD5 secret`, (r) => right(r.pick(otherMd5Roles), { door })],
  [`${door}: wrong, a SCRAM secret`, (r) => wrong(r, r.pick(scramRoles), door)],
  [`${door}: wrong, an MD5 secret`, (r) => wrong(r, r.pick(md5Roles), door)],
  [`${door}: nobody`, (r) => ({ door, user: r.pick(nobodies), password: "x" })],
  [`${door}: no secret`, (r) => ({ door, user: r.pick(["eve", ...groups]), password: "x" })],
  [`${door}: a late SCRAM secret`, (r) => right(r.pick(["late", "late boss"]), { door })],
  [`${door}: a late MD5 secret`, () => right("late md5", { door })],
  [`${door}: an empty password`, (r) => ({ door, user: r.pick([...scramRoles, ...md5Roles]), password: "" })],
  [`${door}: another spelling`, (r) => spelling(r, door)],
]);

function wrong(r: Random, user: string, door: LoginDoor): LoginWish {
  return { door, user, password: wrongPassword(r, user) };
}

function wrongPassword(r: Random, user: string): string {
  const own = passwordOf(user);
  return r.pick(["wrong", `${own} `, own.toUpperCase(), own.slice(1), "\u00e9", "w".repeat(3000)]);
}

function spelling(r: Random, door: LoginDoor): LoginWish {
  const [user, password] = r.pick(spellings);
  return { door, user, password };
}
