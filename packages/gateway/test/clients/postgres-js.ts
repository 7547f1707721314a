import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import type { Sql } from "postgres";
import { queue } from "./client.ts";
import type { Client, ClientSession, Login } from "./client.ts";

export const postgresJs: Client = { name: "postgres.js", connect: startSession };

/** The library's own pool, of one connection that stands. */
export async function connectPostgresJs(login: Login): Promise<Sql> {
  const { password, applicationName, settings, ...target } = login;
  const sql = postgres({
    ...target,
    ...(password === undefined ? {} : { password }),
    connection: {
      ...settings,
      ...(applicationName === undefined ? {} : { application_name: applicationName }),
    },
    max: 1,
    max_lifetime: null,
    connect_timeout: 60,
    onnotice: () => undefined,
  });
  try {
    await sql`select`;
  } catch (error) {
    await sql.end();
    throw error;
  }
  return sql;
}

async function startSession(login: Login): Promise<ClientSession> {
  const sql = await connectPostgresJs(login);
  const notes = queue<string>();
  return {
    query: async (text) => {
      const answer: readonly unknown[] = await sql.unsafe(text).simple();
      // One array of rows a statement, but a single one by itself.
      const last = answer.every(Array.isArray) ? answer.at(-1) : answer;
      return ((last ?? []) as readonly object[]).map((row) => String(Object.values(row)[0]));
    },
    copyIn: async (table, rows) => {
      await pipeline([rows], await sql.unsafe(`copy ${table} from stdin`).writable());
    },
    copyOut: async (table) => {
      const chunks = await (await sql.unsafe(`copy ${table} to stdout`).readable()).toArray();
      return Buffer.concat(chunks as Buffer[]);
    },
    listen: async (channel) => {
      await sql.listen(channel, notes.put); // over a connection of its own
    },
    notification: notes.next,
    end: async () => {
      await sql.end();
    },
  };
}
