import type { LoginWish } from "./attempt.ts";
import { md5Roles, right, scramRoles } from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import { anything } from "./session-intents.ts";
import type { Random } from "../random.ts";
import { oneOf } from "../word.ts";
import { goodTls } from "./tls.ts";
import { loginRoles } from "./world.ts";

/** Over the Unix socket: who somebody is to the operating system. */
export function localIntents(uids: ReadonlyMap<string, number>): readonly LoginIntent[] {
  const names = [...uids.keys()];
  const uidOf = (name: string): { uid: number } => ({ uid: uids.get(name) ?? 0 });
  const somebody = (r: Random): string => oneOf(r, names);
  const roles = ["root", "daemon", "bin"].filter((name) => uids.has(name));
  return [
    ["peer: the role", (r) => own(oneOf(r, roles), "postgres", uidOf)],
    [
      "peer: another role",
      (r) => ({ door: "local", user: "bob", database: "postgres", ...uidOf(somebody(r)) }),
    ],
    [
      "peer: by the map",
      (r) => ({ door: "local", user: r.pick(["bob", "eve", "ghost"]), database: "shop", uid: 0 }),
    ],
    ["peer: not in the map", () => ({ door: "local", user: "eve", database: "shop", ...uidOf("daemon") })],
    ["local: anything", (r) => ({ ...anything(r, "local"), ...uidOf(somebody(r)) })],
    ["peer: by the map, or not", (r) => mapped(r, "shop", somebody(r), uidOf)],
    ["ident: by a generated map", (r) => mapped(r, "staff", somebody(r), uidOf)],
    [
      "peer: a user without a name",
      (r) => ({ door: "local", user: "bob", database: r.pick(["postgres", "shop"]), uid: 54_321 }),
    ],
    [
      "local: a password",
      (r) =>
        right(r.pick([...scramRoles, ...md5Roles]), {
          door: "local",
          database: "bob",
          ...uidOf(somebody(r)),
        }),
    ],
    [
      "local: TLS",
      (r) => right("bob", { door: "local", database: "bob", tls: goodTls(r), ...uidOf(somebody(r)) }),
    ],
    [
      "local: a walsender",
      (r) => right("copier", { door: "local", replication: "true", ...uidOf(somebody(r)) }),
    ],
  ];
}

function own(name: string, database: string, uidOf: (name: string) => { uid: number }): LoginWish {
  return { door: "local", user: name, database, ...uidOf(name) };
}

function mapped(
  r: Random,
  database: string,
  name: string,
  uidOf: (name: string) => { uid: number },
): LoginWish {
  const role = loginRoles[r.below(loginRoles.length)]?.name ?? "bob";
  return { door: "local", user: r.chance(0.3) ? "bob" : role, database, ...uidOf(name) };
}
