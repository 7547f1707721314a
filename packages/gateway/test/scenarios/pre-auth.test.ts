import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeAuthentication,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
  MessageReader,
  startScramClient,
} from "@sallyport/wire";
import { houses } from "./house.ts";
import type { House } from "./house.ts";
import { everybodyBy, passwordRoles } from "./roles.ts";

/** A client that has come as far as the proof of its password, and goes on only when told. */
async function stopBeforeProof(
  house: House,
): Promise<{ readonly goOn: () => Promise<void>; readonly leave: () => void }> {
  const socket = connect(house.socket());
  const reader = new MessageReader(socket);
  const signal = AbortSignal.timeout(30_000);
  const challenge = async (): Promise<string> => {
    const request = decodeAuthentication((await reader.readMessage(2000, signal)).body);
    return request.kind === "sasl_continue" ? request.data.toString() : request.kind;
  };
  socket.write(
    encodeStartupPacket([
      ["user", "scram_role"],
      ["database", "postgres"],
    ]),
  );
  expect(await challenge()).toBe("sasl");
  const scram = startScramClient({ password: Buffer.from("pass"), nonce: randomBytes(18) });
  socket.write(encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(scram.first)));
  const { message } = await scram.final(await challenge());
  return {
    goOn: async () => {
      socket.write(encodeSaslResponse(Buffer.from(message)));
      while ((await reader.readMessage(2000, signal)).type !== "Z") continue;
    },
    leave: () => {
      reader.release();
      socket.destroy();
    },
  };
}

/** Sessions of clients, as an administrator sees them. */
const activity =
  "select coalesce(usename, 'nobody') || ', ' || state from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name = ''";

describe.for(houses(passwordRoles))("PostgreSQL's 007_pre_auth, $name", (house) => {
  beforeAll(async () => {
    await house.open();
    await house.arrange({ hba: everybodyBy("scram-sha-256") });
  });
  afterAll(house.close);

  const stopped =
    house.kind === "postgres"
      ? "is visible in pg_stat_activity as starting"
      : "has no session, and is visible in the log of the gateway alone";
  test(`a connection that is stopped before its authentication ${stopped}, and later is idle`, async () => {
    const { goOn, leave } = await stopBeforeProof(house);
    expect(await house.administrate(activity)).toBe(house.kind === "postgres" ? "nobody, starting" : "");
    await goOn();
    expect(await house.administrate(activity)).toBe("scram_role, idle");
    leave();
  });
});
