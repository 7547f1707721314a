import { open } from "node:fs/promises";
import { utf8Text } from "@sallyport/policy";
import type { Major, TestPostgres } from "@sallyport/testkit";

/** With these a server says in its log which line let a connection in, and which connection a message is about. */
export function logSettings(major: Major): { log_connections: string; log_line_prefix: string } {
  return { log_connections: major >= 18 ? "authentication" : "on", log_line_prefix: "%p %r@" };
}

export interface LogMessage {
  /** LOG, FATAL, DETAIL, … */
  readonly level: string;
  readonly text: string;
}

/** What a server logged about one connection. */
export interface ConnectionLog {
  /** Client address and port as the server writes them; `[local]`. */
  readonly peer: string;
  readonly messages: readonly LogMessage[];
}

/** The log's length so far: where to read on from. */
export async function logLength({ paths }: TestPostgres): Promise<number> {
  await using file = await open(paths.log);
  return (await file.stat()).size;
}

/** What was logged from an offset on, by connection, in the order of their first messages. */
export async function connectionsLogged({ paths }: TestPostgres, from: number): Promise<ConnectionLog[]> {
  await using file = await open(paths.log);
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size - from);
  await file.read(bytes, 0, bytes.length, from);
  const connections = new Map<string, { peer: string; messages: LogMessage[] }>();
  // A line that begins with a tab continues the message before it.
  for (const line of bytes.toString("latin1").replaceAll("\n\t", "\t").split("\n")) {
    const [, pid, peer, level, text] = /^(\d+) (\[local\]|\S+\(\d+\))@(\w+): {2}(.*)$/s.exec(line) ?? [];
    if (pid === undefined || peer === undefined || level === undefined || text === undefined) continue;
    const key = `${pid} ${peer}`;
    const connection = connections.get(key) ?? { peer, messages: [] };
    connection.messages.push({ level, text: utf8Text(text) });
    connections.set(key, connection);
  }
  return [...connections.values()];
}
