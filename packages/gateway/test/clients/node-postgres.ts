import { Client as PgClient } from "pg";
import type { Submittable } from "pg";
import { queue } from "./client.ts";
import type { Client, ClientSession, Login } from "./client.ts";

export const nodePostgres: Client = { name: "node-postgres", connect: startSession };

/** The library's own client, connected. */
export async function connectPg(login: Login): Promise<PgClient> {
  const { applicationName, settings = {}, ...config } = login;
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const client = new PgClient({
    ...config,
    application_name: applicationName,
    options: options.join(" "),
    connectionTimeoutMillis: 60_000,
  });
  await client.connect();
  return client;
}

async function startSession(login: Login): Promise<ClientSession> {
  const client = await connectPg(login);
  const notes = queue<string>();
  client.on("notification", ({ payload }: { readonly payload: string }) => notes.put(payload));
  const query = async (text: string): Promise<readonly string[]> => {
    const answer = await client.query({ text, rowMode: "array" });
    const last = "rows" in answer ? answer : answer.at(-1);
    return last?.rows.map(([first]) => String(first)) ?? [];
  };
  return {
    query,
    copyIn: async (table, rows) => {
      await copy(client, `copy ${table} from stdin`, rows);
    },
    copyOut: async (table) => await copy(client, `copy ${table} to stdout`, Buffer.of()),
    listen: async (channel) => {
      await query(`listen ${channel}`);
    },
    notification: notes.next,
    end: async () => {
      await client.end();
    },
  };
}

/** The library leaves COPY to others: this is what they do. */
async function copy(client: PgClient, sql: string, rows: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const received: Buffer[] = [];
  const statement: Submittable = {
    submit: (connection) => connection.query(sql),
    handleCopyInResponse: (connection) => {
      for (let at = 0; at < rows.length; at += 65_536) {
        connection.sendCopyFromChunk(rows.subarray(at, at + 65_536));
      }
      connection.endCopyFrom();
    },
    // The chunk lies in a buffer that the library fills anew.
    handleCopyData: ({ chunk }) => void received.push(Buffer.from(chunk)),
    handleCommandComplete: () => undefined,
    handleError: reject,
    handleReadyForQuery: () => resolve(Buffer.concat(received)),
  };
  client.query(statement);
  return await promise;
}
