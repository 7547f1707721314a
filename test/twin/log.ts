import { setTimeout as delay } from "node:timers/promises";
import { maskedLogMessage } from "./may-differ.ts";
import type { Twin } from "./twins.ts";

/** What a server or a gateway logged about one connection. */
export interface ConnectionLog {
  /** `ADDRESS(PORT)`, or `[local]`. */
  readonly peer: string;
  /** `LEVEL: TEXT`, as far as twins must agree on it. */
  readonly messages: readonly string[];
}

/** A log by connection, in the order of their first messages. Lines are as `log_line_prefix = '%p %r@'` makes them. */
export function connectionsIn(log: string): readonly ConnectionLog[] {
  const connections = new Map<string, { peer: string; messages: string[] }>();
  // A line that begins with a tab continues the message before it.
  for (const [, pid, peer = "", level = "", text = ""] of log.matchAll(
    /^(\d+) (\[local\]|\S+\(\d+\))@(\w+): {2}(.*(?:\n\t.*)*)$/gm,
  )) {
    const key = `${pid} ${peer}`;
    const connection = connections.get(key) ?? { peer, messages: [] };
    connections.set(key, connection);
    const message = maskedLogMessage(level, text);
    if (message !== null) connection.messages.push(message);
  }
  return [...connections.values()];
}

/**
 * What was logged behind `from`, once the ends of that many sessions are in it: a client may see its end before it
 * is written down. If they do not come, what is there.
 */
export async function logBehind({ log }: Twin, from: number, ends: number): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const behind = (await log()).slice(from);
    const found = behind.match(/@LOG: {2}disconnection: session time: /g)?.length ?? 0;
    if (found >= ends || performance.now() > deadline) return behind;
    await delay(2);
  }
}
