import { randomBytes } from "node:crypto";
import { Client, WireError } from "@sallyport/wire";
import type { OpenedSession } from "@sallyport/wire";

/** Milliseconds for a session to forget its client. */
const cleanWithin = 10_000;

/** Bytes of one answer: there is not much to say to it. */
const maxMessageLength = 64 * 1024;

/**
 * Makes a session at rest like a new one: all that DISCARD ALL takes back, and a seed for `random()` that the client before
 * cannot know.
 *
 * @returns who listens to it until somebody needs it. Null: its client has left something that nothing takes back, and it is closed
 * @throws it could not be done, and the session is closed
 */
export async function clean(session: OpenedSession): Promise<Client | null> {
  const client = new Client(session, { maxMessageLength, maxResultLength: maxMessageLength });
  try {
    const timeout = cleanWithin;
    const [, { rows }] = await Promise.all([
      client.simpleQuery("DISCARD ALL", { timeout }),
      client.query(lookAndSeed, [String(randomSeed())], { timeout }),
      // Takes the statement without a name away, which a new session would not have.
      client.simpleQuery("", { timeout }),
    ]);
    if (client.transactionStatus !== "I") throw new WireError("unexpected_message", "it is not idle");
    const [isAsNew] = rows[0] ?? [];
    if (isAsNew === "t") return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
  await client.close();
  return null;
}

/**
 * Temporary tables leave their schema, and temporary replication slots themselves. The seed is a parameter, since everybody may read
 * what a session of his role was last asked.
 */
const lookAndSeed = `
select pg_catalog.pg_my_temp_schema() operator(pg_catalog.=) 0::pg_catalog.oid
   and not exists (
     select from pg_catalog.pg_replication_slots s
     where s.temporary and s.active_pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()),
  pg_catalog.setseed($1::pg_catalog.float8)`;

/** From -1 up to 1. */
function randomSeed(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 47 - 1;
}
