import { hasPrivilegesOf } from "../catalogue.ts";
import type { CatalogueRole, RoleCatalogue } from "../catalogue.ts";
import type { Connection } from "../decide/attempt.ts";

/** What a role or a database lacks, so that a session does not open although its rule and its method let it in. */
export type Barrier =
  | "no_role"
  | "no_login"
  | "no_replication"
  | "no_database"
  | "no_connections"
  | "no_connect";

/** The first of them, in the server's order; null: none that this catalogue knows of. */
export function barrierTo(connection: Connection, catalogue: RoleCatalogue): Barrier | null {
  const role = catalogue.roles.get(connection.user) ?? null;
  return (
    roleBarrier(role) ?? replicationBarrier(connection, role) ?? databaseBarrier(connection, role, catalogue)
  );
}

export function roleBarrier(role: CatalogueRole | null): "no_role" | "no_login" | null {
  if (!role) return "no_role";
  return role.login ? null : "no_login";
}

/** Of a role of which it is not known whether it has REPLICATION nothing is said. */
export function replicationBarrier(
  { replication }: Connection,
  role: CatalogueRole | null,
): "no_replication" | null {
  if (replication === false || !role || role.replication === null) return null;
  return role.superuser || role.replication ? null : "no_replication";
}

export function databaseBarrier(
  { user, database, replication }: Connection,
  role: CatalogueRole | null,
  catalogue: RoleCatalogue,
): "no_database" | "no_connections" | "no_connect" | null {
  if (replication === true || !catalogue.databases) return null;
  const target = catalogue.databases.get(database);
  if (!target) return "no_database";
  if (!target.allowConnections) return "no_connections";
  const granted = target.connect.some((to) => to === "public" || hasPrivilegesOf(catalogue, user, to));
  return role?.superuser === true || granted ? null : "no_connect";
}
