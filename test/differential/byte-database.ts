import type { TestPostgres } from "@sallyport/testkit";

/** A database in which each byte is a character, as it is where a server reads `pg_hba.conf` at its start. */
export const byteDatabase = "bytes";

export async function createByteDatabase(server: TestPostgres): Promise<void> {
  const sql = `create database ${byteDatabase} encoding 'SQL_ASCII' locale 'C' template template0`;
  const { status, stderr } = await server.psql(["-c", sql]);
  if (status !== 0) throw new Error(stderr);
}
