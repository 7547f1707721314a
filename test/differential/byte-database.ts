import type { TestPostgres } from "@sallyport/testkit";

/** A database in which each byte is a character, as it is where a server reads `pg_hba.conf` at its start. */
export const byteDatabase = "bytes";

/**
 * Makes it. With `db_user_namespace` a role is asked for as role@database, and an `@` at the end says that it is of all
 * databases: then the superuser gets a name for each database that is asked.
 */
export async function createByteDatabase(server: TestPostgres, userNamespace = false): Promise<void> {
  const { superuser: role } = server;
  const database = `create database ${byteDatabase} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`;
  const roles = ["postgres", byteDatabase].map((name) => `create role "${role}@${name}" superuser login`);
  for (const sql of userNamespace ? [database, ...roles] : [database]) {
    const { status, stderr } = await server.psql(["-U", userNamespace ? `${role}@` : role, "-c", sql]);
    if (status !== 0) throw new Error(stderr);
  }
}
