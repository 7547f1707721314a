import { join } from "node:path";
import { startEmbedded } from "@sallyport/embedded";
import type { EmbeddedServer } from "@sallyport/embedded";
import { connect } from "@sallyport/wire";
import type { Client, ConnectionOptions } from "@sallyport/wire";

/** The role of the catalogue session, which needs no superuser. */
const catalogueRole = "sallyport";

/** The SQL that makes it: secrets of other roles are all that an ordinary role could not read anyway. */
const catalogueRoleSql = [
  `do $$ begin
     if not exists (select from pg_catalog.pg_roles where rolname = '${catalogueRole}') then
       create role ${catalogueRole} login;
     end if;
   end $$`,
  `grant select (rolname, rolpassword) on pg_catalog.pg_authid to ${catalogueRole}`,
] as const;

/** An embedded PostgreSQL that is ready to stand behind a gateway. */
export interface EmbeddedUpstream {
  readonly server: EmbeddedServer;
  /** For the gateway: the catalogue's role; sessions of any role open the same way. */
  readonly options: ConnectionOptions;
}

/** Starts the embedded PostgreSQL of a gate, making its cluster the first time, and its catalogue role. */
export async function startEmbeddedUpstream(
  dataDirectory: string,
  log: (line: string) => void,
): Promise<EmbeddedUpstream> {
  const server = await startEmbedded({ directory: join(dataDirectory, "embedded"), log });
  try {
    await asSuperuser(server, "postgres", async (client) => {
      for (const statement of catalogueRoleSql) await client.simpleQuery(statement);
    });
    return { server, options: sessionOptions(server, catalogueRole, "postgres") };
  } catch (error) {
    await server.stop("fast");
    throw error;
  }
}

/** Does something in the embedded server as its superuser. */
export async function asSuperuser<T>(
  server: EmbeddedServer,
  database: string,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(sessionOptions(server, server.superuser, database));
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

function sessionOptions(server: EmbeddedServer, user: string, database: string): ConnectionOptions {
  const { socketDirectory, port } = server;
  const host = Buffer.from(socketDirectory, "utf8").toString("latin1");
  return { hosts: [{ host, port }], user, database, connectTimeout: 10_000 };
}
