import type { Bytes } from "../bytes.ts";
import type { CatalogueRole, RoleCatalogue } from "../catalogue.ts";
import type { Decision } from "../decide/decide.ts";
import type { Method } from "../hba/method.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { Mapping } from "../ident/file.ts";
import type { ServerProfile } from "../profile.ts";
import { databaseBarrier, replicationBarrier, roleBarrier } from "./barrier.ts";
import { methodWords } from "./method-words.ts";

/** What stands between an `authenticate` and the session, in the server's order. Byte strings. */
export function whatFollows(
  decision: Decision,
  profile: ServerProfile,
  catalogue: RoleCatalogue | null,
  now: Date,
): Bytes[] {
  const { outcome, rule, connection, map } = decision;
  if (outcome !== "authenticate" || !rule) return [];
  const role = catalogue?.roles.get(connection.user) ?? null;
  const password =
    catalogue === null
      ? `the password of role "${connection.user}", within its VALID UNTIL`
      : secret(rule.method, profile, connection.user, role, now);
  const steps = [...certificate(rule), ...methodWords(rule, connection, password)];
  if (map) {
    const line = map.mapping ? ` (${mappingWords(map.mapping)})` : "";
    steps.push(`identity "${map.systemUser}" may be "${connection.user}"${line}`);
  }
  steps.push(
    ...roleChecks(connection.user, role, catalogue),
    ...databaseChecks(decision, profile, role, catalogue),
  );
  return steps;
}

/** Which line of the map it was, and what stands there as a regular expression. */
function mappingWords({ mapName, line, systemUser, databaseUser }: Mapping): Bytes {
  const regexes = [
    ...(systemUser.kind === "regex" ? [`"${systemUser.regex.pattern}" matches the identity`] : []),
    ...(databaseUser.kind === "regex" ? [`"${databaseUser.regex.pattern}" matches the role`] : []),
  ];
  const why = regexes.length > 0 ? `: ${regexes.join(", ")}` : "";
  return `line ${line.number} of map "${mapName}"${why}`;
}

function certificate({ method, options: { clientcert, clientname } }: HbaRule): string[] {
  if (clientcert === undefined || method === "cert") return [];
  if (clientcert !== "verify-full")
    return ["the client must present a certificate that the server's CA signed"];
  return [`the client's certificate must be valid, and its ${clientname ?? "CN"} must be the user`];
}

const exchanges = { md5: "an MD5 hash", "scram-sha-256": "SCRAM-SHA-256" } as const;

function secret(
  method: Method,
  { dialect, settings }: ServerProfile,
  user: Bytes,
  role: CatalogueRole | null,
  now: Date,
): Bytes {
  // Without a secret that says how, md5 asks as if one had been set just now.
  const how = settings.password_encryption ?? dialect.passwordEncryption;
  const asked = method === "md5" && (role?.secret ?? null) === null ? ` by ${exchanges[how]}` : "";
  const fails = `it is asked for${asked} and no answer is right`;
  if (!role) return `password: role "${user}" does not exist; ${fails}`;
  if (role.secret === null) return `password: role "${user}" has none; ${fails}`;
  if (method === "scram-sha-256" && role.secret === "md5") {
    return `password: role "${user}" has an MD5 secret, which scram-sha-256 cannot use; ${fails}`;
  }
  if (role.validUntil !== null && Date.parse(role.validUntil) < now.getTime()) {
    return `password: that of role "${user}" expired at ${role.validUntil}; ${fails}`;
  }
  const until =
    role.validUntil === null || role.validUntil === "infinity" ? "" : `, valid until ${role.validUntil}`;
  return `password: ${role.secret ?? "secret"} of role "${user}"${until}`;
}

function roleChecks(user: Bytes, role: CatalogueRole | null, catalogue: RoleCatalogue | null): Bytes[] {
  if (!catalogue) return [`role "${user}" must exist and have LOGIN`];
  switch (roleBarrier(role)) {
    case "no_role":
      return [`FATAL:  role "${user}" does not exist`];
    case "no_login":
      return [`FATAL:  role "${user}" is not permitted to log in`];
    case null:
      return [`role "${user}" has LOGIN`];
  }
}

function databaseChecks(
  { connection }: Decision,
  { dialect }: ServerProfile,
  role: CatalogueRole | null,
  catalogue: RoleCatalogue | null,
): Bytes[] {
  const { user, database, replication } = connection;
  const steps: Bytes[] = [];
  if (replication !== false) {
    const refused = replicationBarrier(connection, role) !== null;
    if (!role || role.replication === null) steps.push(`role "${user}" must have REPLICATION`);
    else steps.push(refused ? `FATAL:  ${dialect.walSenderRefused}` : `role "${user}" has REPLICATION`);
  }
  if (replication === true) return steps;
  if (!catalogue?.databases)
    return [...steps, `database "${database}" must exist, and "${user}" have CONNECT on it`];
  switch (databaseBarrier(connection, role, catalogue)) {
    case "no_database":
      return [...steps, `FATAL:  database "${database}" does not exist`];
    case "no_connections":
      return [...steps, `FATAL:  database "${database}" is not currently accepting connections`];
    case "no_connect":
      return [...steps, `FATAL:  permission denied for database "${database}"`];
    case null:
      return [...steps, `"${user}" has CONNECT on "${database}"`];
  }
}
