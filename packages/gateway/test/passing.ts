import { heardIn, repliesTo } from "./raw-client.ts";
import type { Login } from "./raw-client.ts";
import type { TestGate } from "./gate.ts";

// What the tests of upstream_auth = passthrough share: the gate's lines, and how a login ends.

export const passthrough = "upstream_auth = passthrough\n";

export const hba = `host shop  all all scram-sha-256
host clear all all password
host replication all all scram-sha-256
`;

export const wrong = ["E", "28P01", 'password authentication failed for user "app"'];
export const notAccepting = ["E", "57P03", "the database system is not accepting connections"];
export const isReady = ["Z"];

/** The last that a client hears before it would say something. */
export async function end(gate: TestGate, login: Login): Promise<readonly string[]> {
  return heardIn(await repliesTo(gate.tcp, login)).at(-1) ?? [];
}
