/** A throw-away PostgreSQL 18 on a private Unix socket, and raw bytes to and from it. */
import { connect } from "node:net";
import { join } from "node:path";
import { startPostgres } from "@sallyport/testkit";

export interface TestServer {
  /** Where the socket is; the port is 5432. */
  readonly directory: string;
  readonly stop: () => Promise<void>;
}

/** @param hba the text of pg_hba.conf */
export async function startServer(hba: string): Promise<TestServer> {
  const server = await startPostgres({ hba });
  return { directory: server.socketDirectory, stop: async () => await server.stop() };
}

/** Sends bytes, closes our side, and returns all that comes back. */
export async function exchange(server: TestServer, bytes: Buffer): Promise<Buffer> {
  const socket = connect(join(server.directory, ".s.PGSQL.5432"));
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
