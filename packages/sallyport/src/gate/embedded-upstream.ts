import { join } from "node:path";
import { startEmbedded } from "@sallyport/embedded";
import type { EmbeddedServer } from "@sallyport/embedded";
import { connect } from "@sallyport/wire";
import type { Client, ConnectionOptions } from "@sallyport/wire";
import { catalogueRole, catalogueRoleSql } from "./catalogue-role.ts";

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
      await client.simpleQuery(catalogueRoleSql(catalogueRole));
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
