import type { LoginWish } from "./attempt.ts";
import type { Random } from "../random.ts";
import type { LoginDoor } from "./doors.ts";
import { loginRoles } from "./world.ts";
import { longest } from "../world.ts";

/** What a client may be up to: its name says it. */
export type LoginIntent = readonly [name: string, wish: (r: Random) => LoginWish];

type Names = readonly [string, ...string[]];

export const scramRoles: Names = [
  "bob",
  "alice",
  "root",
  "copier",
  "sameuser",
  "zoë",
  'say "hi"',
  "a,b",
  "#note",
];
export const otherScramRoles: Names = [
  "few",
  "many",
  "forever",
  "tuned",
  "replication",
  "wordy",
  "IX",
  "bell",
];
export const md5Roles: Names = ["Bob", "boss", "all", "+staff", "jean luc", "@list", longest, "daemon"];
export const otherMd5Roles: Names = ["next year", "accent"];
export const groups: Names = ["company", "staff", "readers", "admins"];

/** Role names that nobody has, most of them unpleasant. Texts are Unicode. */
export const nobodies: Names = [
  "ghost",
  "BOB",
  "bob ",
  "ghost\n\tFATAL:  x",
  '"bob"',
  "%s%n",
  "n".repeat(62),
  "\u00e9".repeat(40),
  "'; drop role bob; --",
];

export const passwordMethods = ["password", "md5", "scram-sha-256"] as const;

/** A door through which whoever has a SCRAM secret and knows his password gets in. */
export function anyDoor(r: Random): LoginDoor {
  return r.pick(["trust", ...passwordMethods]);
}

export function passwordOf(name: string): string {
  return loginRoles.find((role) => role.name === name)?.password ?? `${name}-secret`;
}

/** The role itself, with its password, at a door where that is enough: an MD5 secret opens none of `scram-sha-256`. */
export function rightAnywhere(
  r: Random,
  user: string,
  rest: Omit<LoginWish, "user" | "password" | "door"> = {},
): LoginWish {
  const hasMd5 = loginRoles.some(({ name, secret }) => name === user && secret === "md5");
  return right(user, { ...rest, door: hasMd5 ? r.pick(["trust", "password", "md5"]) : anyDoor(r) });
}

/** The role itself, with its password. */
export function right(user: string, rest: Omit<LoginWish, "user" | "password">): LoginWish {
  return { ...rest, user, password: passwordOf(user) };
}
