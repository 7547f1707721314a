import type { LoginWish } from "./attempt.ts";
import { anyDoor, groups, md5Roles, nobodies, right, rightAnywhere, scramRoles } from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import type { Random } from "../random.ts";
import { oneOf } from "../word.ts";
import { loginDatabases, loginRoles } from "./world.ts";
import { roleNames } from "../world.ts";

/** Rule, role and database: each reason to let somebody in or to refuse him that is not his proof. */
export const sessionIntents: readonly LoginIntent[] = [
  ["trust: anybody", (r) => ({ door: "trust", user: r.pick([...scramRoles, "eve", "late md5"]) })],
  ["role does not exist", (r) => ({ door: "trust", user: r.pick(nobodies) })],
  [
    "role is no text",
    (r) => ({
      door: anyDoor(r),
      user: "bob",
      password: "x",
      parameters: [["user", r.pick(["\u00ff", "bo\u00ff"])]],
    }),
  ],
  ["role may not log in", (r) => rightAnywhere(r, r.pick(["retired", "former"]))],
  ["group may not log in", (r) => right(r.pick(groups), { door: "trust" })],
  ["role limit", (r) => rightAnywhere(r, "full")],
  ["role limit, walsender", (r) => rightAnywhere(r, "full copier", { replication: "1" })],
  ["role limit, superuser", (r) => rightAnywhere(r, "full boss", { database: "crowded" })],
  ["not a walsender", (r) => rightAnywhere(r, "bob", { replication: r.pick(["true", "database"]) })],
  [
    "no database",
    (r) => rightAnywhere(r, "bob", { database: r.pick(["nowhere", "SHOP", "\u00e9".repeat(32)]) }),
  ],
  [
    "database of the role",
    (r) => rightAnywhere(r, r.pick(["bob", "alice"]), { database: r.pick([null, ""]) }),
  ],
  ["database is broken", (r) => rightAnywhere(r, r.pick(["bob", "boss"]), { database: "broken" })],
  ["database is closed", (r) => rightAnywhere(r, r.pick(["bob", "boss"]), { database: "closed" })],
  ["no CONNECT", (r) => rightAnywhere(r, "alice", { database: "private" })],
  ["CONNECT", (r) => rightAnywhere(r, r.pick(["bob", "boss"]), { database: "private" })],
  ["database limit", (r) => rightAnywhere(r, "bob", { database: "crowded" })],
  ["parameters", (r) => rightAnywhere(r, r.pick(["bob", "boss"]), { parameters: [badParameter(r)] })],
  ["unknown parameter", (r) => rightAnywhere(r, "bob", { parameters: [["ghost", "1"]] })],
  ["a word of welcome", (r) => rightAnywhere(r, r.pick(scramRoles), { database: "noisy" })],
  [
    "role settings",
    (r) => rightAnywhere(r, r.pick(["loaded", "tuned"]), { database: r.pick(["shop", "bob"]) }),
  ],
  ["physical walsender", (r) => rightAnywhere(r, "copier", { replication: r.pick(["true", "on", "YES"]) })],
  ["logical walsender", (r) => rightAnywhere(r, r.pick(["copier", "boss"]), { replication: "database" })],
  [
    "replication, twice",
    (r) => {
      const again = r.pick(["true", "false", "0", "database"]);
      return rightAnywhere(r, "copier", {
        replication: "database",
        parameters: [["replication", again]],
      });
    },
  ],
  [
    "replication is odd",
    (r) => rightAnywhere(r, "copier", { replication: r.pick(["maybe", "", "DATABASE", "o"]) }),
  ],
  ["rejected", (r) => right(r.pick(["bob", "copier"]), { door: "reject", ...maybeWalsender(r) })],
  ["no line", (r) => right(r.pick(["bob", "copier"]), { door: "no entry", ...maybeWalsender(r) })],
  ["from ::1", (r) => right(r.pick([...scramRoles, ...md5Roles]), { door: "::1" })],
  ["anything", (r) => anything(r, r.pick([anyDoor(r), "::1"]))],
];

function badParameter(r: Random): readonly [string, string] {
  return r.pick<readonly [string, string]>([
    ["work_mem", "lots"],
    ["client_encoding", "KLINGON"],
    ["options", "-c ghost=1"],
    ["options", "-x"],
    ["options", "nonsense"],
    ["options", "-c work_mem"],
    ["session_preload_libraries", "ghost"],
    ["log_connections", "off"],
    ["USER", "bob"],
    ["role", "ghost"],
    ["role", "company"],
    ["session_authorization", "boss"],
    ["search_path", "a,"],
    ["_pq_", "1"],
    ["statement_timeout", ""],
    ["is_superuser", "on"],
    ["shared_buffers", "1GB"],
    ["application_name", "\u00ff\n"],
    ["application_name", "x".repeat(3000)],
    ["WORK_MEM", "2MB"],
    ["work mem", "2MB"],
    ["a.b.c", "1"],
    ["1.b", "1"],
    ["a.", "1"],
    ["\u00ff", "1"],
    ["options", ""],
    ["options", "-c search_path=\u00ff"],
    ["replication", "off"],
  ]);
}

function maybeWalsender(r: Random): Pick<LoginWish, "replication"> {
  return r.pick([{}, {}, { replication: "true" }, { replication: "database" }]);
}

/** Any role or nearly, to any database. */
export function anything(r: Random, door: LoginWish["door"]): LoginWish {
  const role = loginRoles[r.below(loginRoles.length)] ?? { name: "bob", password: null };
  return {
    door,
    user: r.chance(0.1) ? role.name + r.pick(["n", " ", "\u00e9"]) : role.name,
    password: r.chance(0.8) ? (role.password ?? "x") : "wrong",
    database: oneOf(r, r.chance(0.2) ? roleNames : loginDatabases),
    ...(r.chance(0.8) ? {} : maybeWalsender(r)),
  };
}
