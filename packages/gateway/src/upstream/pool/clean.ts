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
    const [, [result]] = await Promise.all([
      client.simpleQuery("DISCARD ALL", { timeout: cleanWithin }),
      client.simpleQuery(
        `SELECT pg_catalog.pg_my_temp_schema(), pg_catalog.setseed('${randomSeed()}'::pg_catalog.float8)`,
        { timeout: cleanWithin },
      ),
    ]);
    if (client.transactionStatus !== "I") throw new WireError("unexpected_message", "it is not idle");
    const [temporarySchema] = result?.rows[0] ?? [];
    if (temporarySchema === "0") return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
  await client.close();
  return null;
}

/** From -1 up to 1. */
function randomSeed(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 47 - 1;
}
